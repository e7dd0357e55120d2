// jit-warnings: asks the sources of warnings that the policies name; each line with sources is answered by
// one with their answers (live/wire.hpp). A program of its own: it loads libcurl, and what reads the answers
// of other programs can be bounded, and killed.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>

#include "inquiry/inquirer.hpp"
#include "live/wire.hpp"
#include "util/error.hpp"

namespace {

using namespace jit;

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit bound{value, value};
  (void)::setrlimit(resource, &bound);  // a lower limit than ours stays
}

void bound_this_process() {
  // Should whoever asks die first, we must not outlive it in front of a source that hangs.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);  // it holds tokens
  ::signal(SIGPIPE, SIG_IGN);
  limit(RLIMIT_CORE, 0);
}

std::string answer(const std::string& line) {
  std::vector<live::Source> sources;
  try {
    sources = live::sources_from_line(line);
    return live::answer_line(inquiry::ask(sources));
  } catch (const std::exception& error) {
    return live::answer_line({sources.size(), live::Answer{{}, error.what()}});
  }
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    std::cerr
        << "jit-warnings: jit-run and jit-server start this program themselves; it takes no arguments\n";
    return 125;
  }
  bound_this_process();
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line) << '\n' << std::flush;
  return 0;
}

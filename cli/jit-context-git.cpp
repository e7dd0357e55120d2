// jit-context-git: answers one question a line, `{"directory": "<hex>"}`, with `{"git": …}` or `{"error":
// "…"}`. A program of its own, because loading libgit2 costs more than everything else that jit-run does, and
// because what reads a repository of unknown origin can be bounded, and killed.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "git/facts.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace {

using jit::util::Json;

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit bound{value, value};
  (void)::setrlimit(resource,
                    &bound);  // A lower limit than ours stays; all of this is a second line of defence.
}

void bound_this_process() {
  // Whoever asks kills us after a second; should it die first, we must not outlive it in front of a FIFO.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  constexpr rlim_t kMiB = 1U << 20U;
#ifndef JIT_SANITIZE  // AddressSanitizer maps terabytes
  limit(RLIMIT_AS, 4096 * kMiB);
  limit(RLIMIT_DATA, 512 * kMiB);
#endif
  limit(RLIMIT_CPU, 60);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, kMiB);
  limit(RLIMIT_NPROC, 0);  // Nothing here starts a program, whatever a repository configures.
}

Json answer(const std::string& line) {
  try {
    const Json question = jit::util::parse_json(line, "the question");
    const auto directory = jit::util::unhex(question.value("directory", ""));
    if (!directory || !directory->starts_with('/'))
      return {{"error", "the directory is not an absolute path in hex"}};
    return {{"git", jit::git::facts(*directory)}};
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    std::cerr << "jit-context-git: jit-run starts this program itself; it takes no arguments\n";
    return 125;
  }
  bound_this_process();
  std::string line;
  while (std::getline(std::cin, line))
    std::cout << jit::util::compact_json(answer(line)) << '\n' << std::flush;
  return 0;
}

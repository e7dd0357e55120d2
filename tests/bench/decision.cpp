// From the decision to the command: how long after a review is durable the command's main runs. The command
// (bench_stamp, beside this program) writes the time at which it was started.
#include "backend/backend.hpp"
#include "bench.hpp"
#include "policy/policy_set.hpp"

using namespace jit;
using namespace jit::bench;

namespace {

constexpr const char* kPolicy =
    "version: 1\nrules:\n  - {name: all, match: {}, effect: ask, approval: {self: true}}\n";

std::optional<approval::View> wait_for_pending(backend::Backend& backend) {
  for (int i = 0; i < 4000; ++i) {
    auto pending = backend.list({.states = {approval::State::pending}});
    if (!pending.empty()) return std::move(pending.front());
    ::usleep(1000);
  }
  return std::nullopt;
}

double read_time(const std::string& path) {
  double time = 0;
  std::ifstream(path) >> time;
  return time;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: decision PATH-OF-JIT-RUN [ROUNDS]\n"), 125;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 100;
  const std::string jit_run = std::filesystem::absolute(argv[1]);
  const Scratch scratch;
  use_home(scratch / "home");
  // Outside of any repository: what git tells takes as long as that repository is large.
  std::filesystem::current_path(scratch / "home");
  const std::string policies = scratch / "policy.yaml";
  write_file(policies, kPolicy);
  ::setenv("JIT_RUN_POLICIES", policies.c_str(), 1);
  const std::string url = "local:" + (scratch / "store");
  ::setenv("JIT_RUN_BACKEND", url.c_str(), 1);
  const auto set = policy::Set::load(policies, {});
  const auto backend = backend::open({url, scratch / "home/state", &set, policy::Effect::ask});
  std::vector<double> after_durable;
  std::vector<double> after_call;
  const std::string stamper = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bench_stamp";
  for (int round = 0; round < rounds; ++round) {
    const std::string stamp = scratch / "stamp";
    const pid_t pid = start({jit_run, "--quiet", "--", stamper, stamp});
    const auto view = wait_for_pending(*backend);
    if (!view) return std::fprintf(stderr, "no request was posted\n"), 1;
    ::usleep(20000);  // it waits by now
    const double called = now_ms();
    (void)backend->review(view->request.id, approval::ReviewVerdict::approve, "", {});
    const double durable = now_ms();
    if (finish(pid) != 0) return std::fprintf(stderr, "the command did not run\n"), 1;
    after_durable.push_back(read_time(stamp) - durable);
    after_call.push_back(read_time(stamp) - called);
  }
  std::printf("%-52s %10.3f ms     p99 %.3f ms   (median <= 5 ms)\n",
              "decision durable -> command started, median", median(after_durable),
              percentile(after_durable, 0.99));
  std::printf("%-52s %10.3f ms     p99 %.3f ms\n", "decision called -> command started, median",
              median(after_call), percentile(after_call, 0.99));
}

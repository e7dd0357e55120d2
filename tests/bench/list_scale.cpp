// `jit-approve list --json` with 1,000 and 10,000 pending requests, and one request of 128 KiB: no worse than
// linear.
#include <nlohmann/json.hpp>

#include "backend/backend.hpp"
#include "bench.hpp"
#include "policy/policy_set.hpp"

using namespace jit;
using namespace jit::bench;

namespace {

void fill(backend::Backend& backend, int count) {
  for (int i = 0; i < count; ++i) {
    const util::Json context = {{"command",
                                 {{"argv", {"kubectl", "delete", "ns", std::to_string(i)}},
                                  {"line", "kubectl delete ns " + std::to_string(i)},
                                  {"name", "kubectl"}}},
                                {"user", {{"name", "bench"}}}};
    (void)backend.ask({std::make_shared<const util::Json>(context), "", "", {}});
  }
}

double time_of(const std::vector<std::string>& argv, int rounds) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const double before = now_ms();
    if (finish(start(argv)) != 0) return 0;
    times.push_back(now_ms() - before);
  }
  return median(times);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: list_scale BIN-DIRECTORY\n"), 125;
  const std::string bin = argv[1];
  const Scratch scratch;
  use_home(scratch / "home");
  const auto set = policy::Set::none();
  const std::string url = "local:" + (scratch / "store");
  ::setenv("JIT_RUN_BACKEND", url.c_str(), 1);
  const auto backend = backend::open({url, scratch / "home", &set, policy::Effect::ask});
  const std::vector<std::string> list = {bin + "/jit-approve", "list", "--json"};
  fill(*backend, 1000);
  const double thousand = time_of(list, 5);
  fill(*backend, 9000);
  const double ten_thousand = time_of(list, 3);
  row("list of 1,000 requests", thousand, "ms", 1, "itself", "");
  row("list of 10,000 requests", ten_thousand, "ms", ten_thousand / thousand, "list of 1,000",
      "(<= 10: linear)");

  const auto post = [&](std::size_t bytes) {
    return time_of({bin + "/jit-run", "--no-wait", "--quiet", "--", "true", std::string(bytes, 'x')}, 10);
  };
  const double small = post(16U << 10U);
  const double large = post(127U << 10U);  // Linux takes at most 128 KiB in one argument
  row("post a request of 16 KiB argv", small, "ms", 1, "itself", "");
  row("post a request of 127 KiB argv", large, "ms", large / small, "16 KiB", "(<= 8: linear)");
}

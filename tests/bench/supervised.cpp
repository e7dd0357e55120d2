// What it costs that jit-run stays: `true`, approved before, with nothing kept of it, with its outcome, and
// with its session. The three take turns.
#include "bench.hpp"

using namespace jit::bench;

namespace {

struct Mode {
  std::string name;
  std::vector<double> times;
};

std::string rules() {
  std::string text = "version: 1\nrules:\n";
  for (const char* record : {"none", "outcome", "session"}) {
    text +=
        "  - name: " + std::string(record) + "\n    match: {labels.record: " + record +
        "}\n    effect: ask\n    approval: {from: {anyone: 1}, self: true, valid_for: 1h, uses: 1000000}\n"
        "    record: " +
        record + "\n";
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: supervised DIRECTORY-OF-PROGRAMS [ROUNDS]\n"), 125;
  const std::string bin = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 200;
  const Scratch scratch;
  use_home(scratch / "home");
  write_file(scratch / "policy.yaml", rules());
  ::setenv("JIT_RUN_POLICIES", (scratch / "policy.yaml").c_str(), 1);
  std::vector<Mode> modes{{"none", {}}, {"outcome", {}}, {"session", {}}};
  const auto command = [&](const Mode& mode, bool posts) {
    std::vector<std::string> words{bin + "/jit-run", "--quiet", "-l", "record=" + mode.name};
    if (posts) words.emplace_back("--no-wait");
    words.insert(words.end(), {"--", "true"});
    return words;
  };
  for (const auto& mode : modes) {
    const std::string posted = scratch / mode.name;
    if (finish(start(command(mode, true), posted.c_str())) != 0) return 1;
    std::string id;
    std::ifstream(posted) >> id;
    if (finish(start({bin + "/jit-approve", "approve", "--yes", id})) != 0) return 1;
  }
  for (int round = 0; round < rounds; ++round) {
    for (auto& mode : modes) {
      const double before = now_ms();
      if (finish(start(command(mode, false))) != 0)
        return std::fprintf(stderr, "%s failed\n", mode.name.c_str()), 1;
      mode.times.push_back(now_ms() - before);
    }
  }
  const double replaced = median(modes[0].times);
  for (const auto& mode : modes) {
    const double time = median(mode.times);
    row("jit-run -- true, approved before, record: " + mode.name, time, "ms", time / replaced,
        "replaced by it", mode.name == "none" ? "" : "(<= 2)");
  }
}

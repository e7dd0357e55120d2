// What a gate costs when it does not gate: `jit-run -- true`, allowed, against true, env, doas and sudo. The
// commands take turns, so that all of them see the same machine.
#include "bench.hpp"

using namespace jit::bench;

namespace {

std::string rules(int count, bool same_command) {
  std::string text = "version: 1\nrules:\n";
  for (int i = 0; i < count - 1; ++i) {
    const std::string number = std::to_string(i);
    text += "  - name: rule-" + number +
            "\n    description: One rule of many, with a description of usual length.\n    match: "
            "{command.name: " +
            (same_command ? std::string("\"true\"") : "tool-" + number) +
            ", command.subcommand: [\"delete thing-" + number +
            " *\", \"drain *\"], command.options.context: \"prod-*\"}\n    effect: ask\n";
  }
  return text + "  - {name: last, match: {command.name: \"true\"}, effect: allow}\n";
}

struct Peer {
  std::string name;
  std::vector<std::string> argv;
  std::vector<double> times;
  bool works = true;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: startup PATH-OF-JIT-RUN [ROUNDS]\n"), 125;
  const std::string jit_run = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 1000;
  const Scratch scratch;
  use_home(scratch / "home");
  write_file(scratch / "one.yaml", rules(1, false));
  write_file(scratch / "many.yaml", rules(1000, false));
  write_file(scratch / "same.yaml", rules(1000, true));
  std::vector<Peer> peers = {
      {"true", {"true"}, {}},
      {"env true", {"env", "true"}, {}},
      {"doas -n true", {"doas", "-n", "true"}, {}},
      {"sudo -n true", {"sudo", "-n", "true"}, {}},
      {"jit-run -- true, 1 rule", {jit_run, "--policies", scratch / "one.yaml", "--", "true"}, {}},
      {"jit-run -- true, 1,000 rules for other commands",
       {jit_run, "--policies", scratch / "many.yaml", "--", "true"},
       {}},
      {"jit-run -- true, 1,000 rules for this command",
       {jit_run, "--policies", scratch / "same.yaml", "--", "true"},
       {}},
  };
  ::usleep(300000);  // a policy file as young as this is not cached yet
  for (auto& peer : peers) peer.works = finish(start(peer.argv)) == 0;
  for (int round = 0; round < rounds; ++round) {
    for (auto& peer : peers) {
      if (!peer.works) continue;
      const double before = now_ms();
      if (finish(start(peer.argv)) != 0) peer.works = false;
      peer.times.push_back(now_ms() - before);
    }
  }
  const double env = median(peers[1].times);
  const double sudo = peers[3].works ? median(peers[3].times) : 0;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (!peers[i].works) {
      std::printf("%-52s not measured: it does not run here\n", peers[i].name.c_str());
      if (i >= 4) return 1;
      continue;
    }
    const double time = median(peers[i].times);
    row(peers[i].name, time, "ms", time / env, "env true", i >= 4 ? "(<= 1.5)" : "");
    if (i >= 4 && sudo > 0) row("", time, "ms", time / sudo, "sudo -n true", "(<= 0.4)");
  }
}

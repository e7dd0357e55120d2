#include <algorithm>
#include <catch2/catch.hpp>

#include "context/told.hpp"

namespace jit {
namespace {

std::vector<std::string> run_by(const std::string& line) {
  return test::run_by(test::words_of(line));
}

}  // namespace

TEST_CASE("the command behind a subcommand or an option is found") {
  const char* line = GENERATE(
      // Shells, and their options with attached names.
      "zsh -oextendedglob -c 'rm -rf /x'", "zsh -foextendedglob -c 'rm -rf /x'",
      "ksh -opipefail -c 'rm -rf /x'", "zsh +onomatch -c 'rm -rf /x'", "bash -eo pipefail -c 'rm -rf /x'",
      "sg wheel 'rm -rf /x'", "sg wheel -c 'rm -rf /x'", "sg - wheel -c 'rm -rf /x'",
      "capsh -- -c 'rm -rf /x'", "capsh --user=a '==' -- -c 'rm -rf /x'",
      // Reserved words.
      "bash -c 'time -p rm -rf /x'", "bash -c 'time -p -- rm -rf /x'", "sh -c 'time -f %e rm -rf /x'",
      "bash -c 'time rm -rf /x'", "bash -c '! rm -rf /x'", "bash -c 'coproc rm -rf /x'",
      "bash -c 'coproc NAME { rm -rf /x; }'", "bash -c 'time ! rm -rf /x'",
      // Runners.
      "uv run rm -rf /x", "uv run -- rm -rf /x", "uv run --with a rm -rf /x", "uv -q run rm -rf /x",
      "uv tool run rm -rf /x", "uvx rm -rf /x", "poetry run rm -rf /x", "pipenv run rm -rf /x",
      "poetry -C dir run rm -rf /x", "npx rm -rf /x", "npx -y rm -rf /x", "npx -c 'rm -rf /x'",
      "npx --call='rm -rf /x'", "npm exec -- rm -rf /x", "npm exec -c 'rm -rf /x'", "npm x -- rm -rf /x",
      "pnpm dlx rm -rf /x", "bundle exec rm -rf /x", "bundle exec --keep-file-descriptors rm -rf /x",
      "nix-shell --run 'rm -rf /x'", "nix-shell -p a --command 'rm -rf /x'", "nix develop -c rm -rf /x",
      "nix develop .#a --command rm -rf /x", "nix shell a -c rm -rf /x", "direnv exec . rm -rf /x",
      "guix shell a -- rm -rf /x", "ip netns exec a rm -rf /x", "ip net e a rm -rf /x",
      "ip vrf exec a rm -rf /x", "ip -n a netns exec b rm -rf /x", "conda run -n a rm -rf /x",
      "mise x -- rm -rf /x", "mise exec -c 'rm -rf /x'", "aws-vault exec prod -- rm -rf /x",
      "op run --env-file=a -- rm -rf /x", "rustup run stable rm -rf /x",
      // Wrappers of one command.
      "chpst -u a rm -rf /x", "runcon -t a rm -rf /x", "prlimit --nofile=1 rm -rf /x",
      "numactl -N 0 rm -rf /x", "systemd-run rm -rf /x", "machinectl shell a rm -rf /x",
      "lxc exec a -- rm -rf /x", "podman run a rm -rf /x", "firejail rm -rf /x",
      "dbus-run-session -- rm -rf /x", "watch rm -rf /x", "entr rm -rf /x",
      // Options of tools.
      "tar cfI x 'rm -rf /x' y", "tar cIf 'rm -rf /x' x y", "tar cfF x 'rm -rf /x' y",
      "tar cbfI 20 x 'rm -rf /x' y", "tar -cf x -I 'rm -rf /x' y", "tar xf x '--to-command=rm -rf /x'",
      "tar cf x --rsh-command='rm -rf /x' y", "tar cf x --checkpoint-action exec='rm -rf /x' y",
      "gcc -wrapper rm,-rf,/x a.c", "g++-12 -wrapper rm,-rf,/x a.c", "tcpdump -i a -z 'rm -rf /x' -G 1 -w f",
      "tcpdump -nz 'rm -rf /x'");
  INFO(line);
  const auto inner = run_by(line);
  CAPTURE(inner);
  // Quoted back for the shell, "/x" and the like need no quotes.
  CHECK(std::find(inner.begin(), inner.end(), "rm -rf /x") != inner.end());
}

TEST_CASE("code and shells of tools are said to be untold") {
  const char* line = GENERATE(
      "sed e", "sed -e '1e rm x' f", "sed 's/a/b/e' f", "sed -n 's/a/b/ge' f", "sed 's/[/]/#/e' f",
      "sed 's/[^]/]*/x/' f", "sed 's|a|b|;1,$ e date' f", "sed -n '/a/{p;e date\n}' f", "sed f -e 's/a/b/e'",
      "sed -f - x", "sed -f /dev/stdin x", "sed 'y/a/b/;e' f", "sed 'b}e date' f", "sed '\\,a,e date' f",
      "sed --expr='s/a/b/e' f", "sed --weird f", "sed 's/a/b' f", "sed 'k' f", "dc", "dc -e '!rm x'",
      "dc --expression='1p !ls'", "dc -f -", "dc /dev/stdin", "make --eval=x", "make --eva x",
      "make SHELL=/tmp/x", "make -n .SHELLFLAGS=-x all", "make 'A=$(shell', 'A!=x'", "make -f -",
      "make -f /dev/stdin", "make 'SHELL:=/tmp/x'", "gcc -fplugin=x.so a.c", "gcc -wrapper rm a.c", "newgrp",
      "newgrp wheel", "sg wheel", "nix develop", "nix-shell", "nix run a", "uv run", "npx -c '$x'",
      "expect -c 'spawn x'", "perl -e 1", "python3 -c 1", "ruby -e 1", "node -e 1", "php -r 1", "lua -e 1",
      "zsh -ocorrect", "bash -c 'coproc x { y; }'");
  INFO(line);
  const auto inner = run_by(line);
  CAPTURE(inner);
  CHECK(std::find(inner.begin(), inner.end(), "!") != inner.end());
}

TEST_CASE("tools that run nothing else are left alone") {
  const char* line =
      GENERATE("sed s/e/f/ f", "sed -n 10,+3p f", "sed -i.bak 's|a|e|g; s/x/y/2' f",
               "sed -E 's/(a)/\\1/gI' f", "sed '/a/,/e/d' f", "sed '/x/{s/a/b/;p}' f", "sed '$!N;$!D' f",
               "sed -e :a -e '$!N;s/\\n//;ta' f", "sed 's/[[:space:]]*$//' f", "sed '0~3d;$=' f",
               "sed 's/a/b/w e' f", "sed '1i e date' f", "sed '/a/a e' f", "sed --sandbox 's/a/b/e' f",
               "sed '2!d # e' f", "sed '\\,a,Id' f", "sed -f x.sed f", "dc -e '1 2 + p'", "dc -e '1 2 !<a'",
               "dc f", "make all", "make -j4 CC=gcc all", "gcc -Wall -o a a.c", "tar cf x y", "tar cvzf I F",
               "tar xzf x", "uv pip install x", "poetry install", "npm install", "npm ci", "bundle install",
               "ip link show", "ip -n a route", "nix build", "capsh --print", "tcpdump -w z -n");
  INFO(line);
  CHECK(run_by(line).empty());
}

}  // namespace jit

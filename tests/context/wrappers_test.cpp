#include <algorithm>
#include <catch2/catch.hpp>

#include "context/command_line.hpp"
#include "context/specs.hpp"
#include "util/text.hpp"

namespace jit {
namespace {

using Words = std::vector<std::string>;

using context::CommandSpec;
using context::plain_shell_command;

// The words of a line of the tables below.
std::vector<std::string> words(const std::string& line) {
  auto argv = plain_shell_command(line);
  INFO(line);
  REQUIRE(argv);
  return *argv;
}

// "kubectl delete ns x", or "~kubectl delete ns x" when that is not certain; "!" when something cannot be
// told.
std::vector<std::string> found(const std::vector<std::string>& argv, const context::CommandSpecs& specs) {
  const auto unwrapped = context::unwrap_all(argv, specs);
  std::vector<std::string> lines;
  for (const auto& inner : unwrapped.commands) {
    lines.push_back((inner.certain ? "" : "~") + util::shell_line(inner.argv));
  }
  if (unwrapped.opaque) lines.emplace_back("!");
  return lines;
}

struct Row {
  const char* line;
  std::vector<std::string> expected;
};

const std::string kGated = "kubectl delete ns x";
const std::string kDoubtful = "~kubectl delete ns x";

}  // namespace

TEST_CASE("what a wrapper runs is found, whatever its options") {
  const char* line = GENERATE(
      "env kubectl delete ns x", "env -v kubectl delete ns x", "env -- kubectl delete ns x",
      "/usr/bin/env kubectl delete ns x", "sudo kubectl delete ns x", "sudo -u root -n kubectl delete ns x",
      "sudo -uroot kubectl delete ns x", "sudo -nu root kubectl delete ns x",
      "sudo --user=root kubectl delete ns x", "sudo --user root kubectl delete ns x",
      "sudo --use root kubectl delete ns x", "sudo -- kubectl delete ns x",
      "doas -u root kubectl delete ns x", "nice kubectl delete ns x", "nice -n 5 kubectl delete ns x",
      "nice -n5 kubectl delete ns x", "nice -5 kubectl delete ns x", "nice --adj=5 kubectl delete ns x",
      "nice --adjustment 5 kubectl delete ns x", "ionice -c 3 kubectl delete ns x",
      "ionice -c3 -n7 kubectl delete ns x", "nohup kubectl delete ns x", "timeout 5 kubectl delete ns x",
      "timeout -s KILL 5 kubectl delete ns x", "timeout --sig=KILL 5 kubectl delete ns x",
      "timeout --sig KILL 5 kubectl delete ns x", "timeout -k 1 -v 5 kubectl delete ns x",
      "timeout --preserve-status 5 kubectl delete ns x", "timeout --pres 5 kubectl delete ns x",
      "stdbuf -oL kubectl delete ns x", "stdbuf -o L kubectl delete ns x",
      "stdbuf --out=L kubectl delete ns x", "setsid -f kubectl delete ns x",
      "/usr/bin/time -p kubectl delete ns x", "/usr/bin/time -o f kubectl delete ns x",
      "strace -f -o log kubectl delete ns x", "ltrace -f kubectl delete ns x",
      "unshare -n kubectl delete ns x", "flock lock kubectl delete ns x",
      "flock -w 5 lock kubectl delete ns x", "flock -n lock -c 'kubectl delete ns x'",
      "flock lock --command 'kubectl delete ns x'", "systemd-run --user --pty kubectl delete ns x",
      "setpriv --reuid=1 --clear-groups kubectl delete ns x", "setpriv --reuid 1 kubectl delete ns x",
      "chrt -f 5 kubectl delete ns x", "taskset -c 1 kubectl delete ns x", "taskset 3 kubectl delete ns x",
      "prlimit --nofile=5 kubectl delete ns x", "runuser -u alice -- kubectl delete ns x",
      "runuser -u alice kubectl delete ns x", "su -c 'kubectl delete ns x'",
      "su alice -c 'kubectl delete ns x'", "su - alice --comm='kubectl delete ns x'",
      "runuser alice -c 'kubectl delete ns x'", "runuser -l alice --session-command 'kubectl delete ns x'",
      "sh -c 'kubectl delete ns x'", "bash -lc 'kubectl delete ns x'", "bash -ec 'kubectl delete ns x'",
      "bash -c -e 'kubectl delete ns x'", "bash -o pipefail -c 'kubectl delete ns x'",
      "bash -eo pipefail -c 'kubectl delete ns x'", "bash -euo pipefail -c 'kubectl delete ns x'",
      "bash -ceuo pipefail 'kubectl delete ns x'", "bash --norc -c 'kubectl delete ns x'",
      "bash -norc -c 'kubectl delete ns x'", "bash +x -c 'kubectl delete ns x'",
      "/bin/dash -c 'kubectl delete ns x' name arg", "zsh -fc 'kubectl delete ns x'",
      "ksh -c 'kubectl delete ns x'", "fish -c 'kubectl delete ns x'", "fish --command='kubectl delete ns x'",
      "fish --command 'kubectl delete ns x'", "fish -ic 'kubectl delete ns x'", "busybox kubectl delete ns x",
      "command kubectl delete ns x", "command -p kubectl delete ns x", "exec -a name kubectl delete ns x",
      "builtin kubectl delete ns x", "eval kubectl delete ns x", "eval 'kubectl delete' 'ns x'",
      "watch kubectl delete ns x", "watch -n 5 'kubectl delete ns x'",
      "watch --interval=5 kubectl delete ns x", "script -c 'kubectl delete ns x' log",
      "script log -qc 'kubectl delete ns x'", "script --comm 'kubectl delete ns x'",
      "find . -exec kubectl delete ns x ';'", "ssh host kubectl delete ns x",
      "ssh -p 22 -l root host kubectl delete ns x", "ssh host -p 22 kubectl delete ns x",
      "ssh -tt host 'kubectl delete' ns x", "ssh -p22 host -- kubectl delete ns x",
      "sshpass -p [x] kubectl delete ns x", "jit-run -r why -- kubectl delete ns x",
      "jit-run --reas why kubectl delete ns x", "jit-run -c 'kubectl delete ns x'",
      "git bisect run kubectl delete ns x", "kubectl exec -n y pod -- kubectl delete ns x",
      "kubectl -n y exec -it pod -c main -- kubectl delete ns x",
      "kubectl debug node/a --image=b -- kubectl delete ns x",
      "docker run --rm -it -v /a:/b image kubectl delete ns x",
      "docker run -e A=b --name n image kubectl delete ns x", "docker exec -it box kubectl delete ns x",
      "podman exec -u root box kubectl delete ns x",
      "docker --context c container exec box kubectl delete ns x",
      "docker compose -f f exec -T box kubectl delete ns x",
      "docker run --entrypoint kubectl image delete ns x");
  INFO(line);
  // "[x]" stands for a literal word in the table.
  std::string text = line;
  std::replace(text.begin(), text.end(), '[', 'a');
  std::replace(text.begin(), text.end(), ']', 'a');
  const auto inner = found(words(text), test::Specs());
  CHECK(std::find(inner.begin(), inner.end(), kGated) != inner.end());
  CHECK(std::find(inner.begin(), inner.end(), "!") == inner.end());
}

TEST_CASE("what is not certain never counts as certain, and is still found") {
  const char* line = GENERATE(
      // Another environment or directory than the context shows.
      "env A=b kubectl delete ns x", "env -i kubectl delete ns x", "env - kubectl delete ns x",
      "env -u A kubectl delete ns x", "env -C /tmp kubectl delete ns x",
      "env --chdi=/tmp kubectl delete ns x", "env --unset A kubectl delete ns x",
      "env PATH=/evil kubectl delete ns x", "sudo A=b kubectl delete ns x",
      "sudo -D /tmp kubectl delete ns x", "chroot /mnt kubectl delete ns x",
      "nsenter -t 1 -m kubectl delete ns x", "chroot --userspec=a /mnt kubectl delete ns x",
      "systemd-run -E A=b kubectl delete ns x",
      // Split by env itself.
      "env -S 'kubectl delete ns x'", "env '-Skubectl delete ns x'",
      "env --split-string='kubectl delete ns x'", "env -S '-i kubectl delete' ns x",
      "env -vS 'A=b kubectl delete' ns x", "env --spl 'kubectl delete ns' x",
      // Fragments of shell text.
      "sh -c 'true; kubectl delete ns x'", "sh -c 'true && kubectl delete ns x || false'",
      "sh -c 'true | kubectl delete ns x'", "sh -c 'kubectl delete ns x &'",
      "sh -c 'A=b kubectl delete ns x'", "sh -c 'A=\"b c\" kubectl delete ns x'",
      "sh -c 'if true; then kubectl delete ns x; fi'", "sh -c 'for i in 1 2; do kubectl delete ns x; done'",
      "sh -c 'for i do kubectl delete ns x; done'", "sh -c '(kubectl delete ns x)'",
      "sh -c '{ kubectl delete ns x; }'", "sh -c 'echo $(kubectl delete ns x)'",
      "sh -c 'echo \"$(kubectl delete ns x)\"'", "sh -c 'echo `kubectl delete ns x`'",
      "sh -c 'echo ${A:-$(kubectl delete ns x)}'", "sh -c 'kubectl delete ns x >/dev/null 2>&1'",
      "sh -c '2>/dev/null kubectl delete ns x'", "sh -c 'kubectl delete </dev/null ns x'",
      "bash -c 'cat <(kubectl delete ns x)'", "sh -c '! kubectl delete ns x'",
      "sh -c 'time kubectl delete ns x'", "bash -c 'f() { kubectl delete ns x; }; f'",
      "bash -c 'function f { kubectl delete ns x; }; f'", "sh -c 'case a in a) kubectl delete ns x;; esac'",
      "sh -c 'while kubectl delete ns x; do :; done'", "sh -c 'kubect\\l delete ns x;'",
      "sh -c '\"kubectl\" delete ns x;'", "sh -c 'x=$(kubectl delete ns x)'",
      "sh -c 'trap \"kubectl delete ns x\" EXIT; true'", "sh -c 'eval \"kubectl delete ns x\"; true'",
      "sh -c 'true\nkubectl delete ns x'", "sh -c 'true # x\nkubectl delete ns x'",
      "sh -c 'true #;\nkubectl delete ns x;'", "sh -c 'exec kubectl delete ns x;'",
      "sh -c 'sudo kubectl delete ns x; true'", "bash -c '[[ a ]] && kubectl delete ns x'",
      // git and others that run what an option names.
      "git -c alias.x='!kubectl delete ns x' x", "git -c alias.x='!kubectl delete ns' x x",
      "git -c core.sshCommand='kubectl delete ns x' fetch", "git -c CORE.PAGER='kubectl delete ns x' log",
      "git -c core.editor='kubectl delete ns x' commit", "git -c core.fsmonitor='kubectl delete ns x' status",
      "git -c sequence.editor='kubectl delete ns x' rebase -i",
      "git -c diff.external='kubectl delete ns x' diff",
      "git -c credential.helper='!kubectl delete ns x' push", "git -c gpg.program='kubectl delete ns x' log",
      "git -c filter.a.smudge='kubectl delete ns x' checkout a",
      "git rebase --exec='kubectl delete ns x' main", "git rebase -x 'kubectl delete ns x' main",
      "git rebase -ix 'kubectl delete ns x' main", "git rebase --exe 'kubectl delete ns x' main",
      "git submodule foreach 'kubectl delete ns x'",
      "git submodule foreach --recursive 'kubectl delete ns x'",
      "git submodule -q foreach kubectl delete ns x", "git difftool -x 'kubectl delete ns x'",
      "git fetch --upload-pack='kubectl delete ns x' a", "git clone -u 'kubectl delete ns x' a",
      "git push --receive-pack 'kubectl delete ns x'", "git clone 'ext::kubectl delete ns x'",
      "git -C /tmp --no-pager -c alias.x='!kubectl delete ns x' x",
      "tar -x --to-command='kubectl delete ns x' -f a", "tar -xf a -I 'kubectl delete ns x'",
      "tar --use-comp 'kubectl delete ns x' -xf a",
      "tar -cf a --checkpoint-action=exec='kubectl delete ns x' b", "tar '-cIkubectl delete ns x' b",
      "rsync -e 'kubectl delete ns x' a b", "rsync -ave 'kubectl delete ns x' a b",
      "rsync --rsh='kubectl delete ns x' a b", "ssh -o ProxyCommand='kubectl delete ns x' host",
      "ssh -oproxycommand='kubectl delete ns x' host", "scp -S 'kubectl delete ns x' a b",
      // Unknown options: every word may be the start.
      "env --weird kubectl delete ns x", "nice -z kubectl delete ns x",
      "timeout --weird=1 5 kubectl delete ns x", "sudo --weird value kubectl delete ns x",
      "docker run --weird a image kubectl delete ns x", "xargs kubectl delete ns x",
      "xargs -0 -n 1 kubectl delete ns x", "parallel kubectl delete ns x",
      "find . -execdir kubectl delete ns x ';'", "find . -ok kubectl delete ns x ';'",
      "bwrap --ro-bind / / kubectl delete ns x", "kubectl exec pod kubectl delete ns x",
      "su alice -- -c 'kubectl delete ns x'", "screen -dmS a kubectl delete ns x");
  INFO(line);
  // In the tables a line break stands for itself.
  const auto inner = found(words(line), test::Specs());
  CAPTURE(inner);
  CHECK(std::find(inner.begin(), inner.end(), kDoubtful) != inner.end());
  CHECK(std::find(inner.begin(), inner.end(), kGated) == inner.end());
}

TEST_CASE("what cannot be told is said") {
  const char* line = GENERATE(
      "sh", "bash -s", "bash -i", "sh -", "sh /dev/stdin", "bash /dev/fd/3", "sudo -s", "sudo -i", "su",
      "su - alice", "ssh host", "chroot /mnt", "python3 -c pass", "python3.11 -Ic pass", "python3",
      "python3 -", "perl -e 1", "perl -lane 1", "perl '-MPOSIX;system(1)' x.pl", "ruby -e 1", "node -e 1",
      "node --eval 1", "node", "php -r 1", "awk 'BEGIN { system(\"x\") }'", "awk '{ print | \"sh\" }'",
      "vim -c '!x' f", "vim +'!x' f", "xargs rm", "find . -exec '{}' ';'", "bash --rcfile f -ic true",
      "git -c include.path=/x status", "git -c core.hooksPath=/x commit", "git unknown-thing",
      "git --exec-path=/x status", "git --config-env=alias.x=V x", "tmux new x", "at now", "script log",
      ". ./file", "source file", "sh -c 'echo $HOME'", "sh -c 'rm *'", "sh -c 'alias k=kubectl\nk x'",
      "sh -c 'echo \"'", "sh -c 'k\"\"$x delete'", "bash -c '{kubectl,delete,ns}'", "ssh -F f host ls",
      "docker compose --weird exec box ls", "socat - exec:sh", "parallel 'kubectl delete' ::: x");
  INFO(line);
  const auto inner = found(words(line), test::Specs());
  CHECK(std::find(inner.begin(), inner.end(), "!") != inner.end());
}

TEST_CASE("commands that run nothing else are left alone") {
  const char* line =
      GENERATE("ls -l", "kubectl get pods", "git push --force origin main", "git -c user.name=x commit",
               "git -c core.pager=cat log", "make all", "sh script.sh", "bash -x script.sh -c foo",
               "python3 run.py -c x", "awk '{ print $1 }' f", "awk -F: '$1 == \"a\" || $2' f", "vim +12 f",
               "tar -xzf a.tgz", "tar -cf archive.tar I", "docker ps", "docker run image", "kubectl logs pod",
               "rsync -a a b", "find . -name '*.c'", "env", "sudo", "perl script.pl -e", "ssh -N host",
               "ssh -V", "sshd");
  INFO(line);
  auto argv = words(line);
  if (argv[0] == "sudo") argv = {"sudo-like"};
  CHECK(found(argv, test::Specs()).empty());
}

TEST_CASE("wrappers nest, each layer is found") {
  const std::vector<Row> rows = {
      {"sudo nice -n 5 kubectl get pods", {"nice -n 5 kubectl get pods", "kubectl get pods"}},
      {"timeout 5 sh -c 'sudo kubectl get pods'",
       {"sh -c 'sudo kubectl get pods'", "sudo kubectl get pods", "kubectl get pods"}},
      {"env A=b nice ls", {"~nice ls", "~ls"}},
      {"git -c alias.p='push --force' p origin", {"~git push --force origin"}},
      {"sh -c 'a; b'", {"~a", "~b"}},
  };
  for (const auto& row : rows) {
    INFO(row.line);
    CHECK(found(words(row.line), test::Specs()) == row.expected);
  }
}

TEST_CASE("depth and number of inner commands are bounded") {
  std::vector<std::string> deep(40, "nice");
  deep.emplace_back("kubectl");
  const auto unwrapped = context::unwrap_all(deep, test::Specs());
  CHECK(unwrapped.opaque);
  CHECK(unwrapped.commands.size() <= 8);

  std::vector<std::string> wide = {"env", "--weird"};
  wide.resize(20'000, "env");
  const auto many = context::unwrap_all(wide, test::Specs());
  CHECK(many.opaque);
  CHECK(many.commands.size() <= context::kMaxInner);

  std::string text;
  for (int i = 0; i < 2000; ++i) text += "x" + std::to_string(i) + ";";
  CHECK(context::unwrap_all({"sh", "-c", text}, test::Specs()).opaque);
  CHECK(context::unwrap_all({"sh", "-c", std::string(2U << 20U, '(')}, test::Specs()).opaque);
  CHECK(context::unwrap_all({"sh", "-c", std::string(120'000, '$') + std::string(10'000, '(')}, test::Specs())
            .opaque);
}

TEST_CASE("a policy adds wrappers of its own") {
  CommandSpec runner;
  runner.value_options = {"--host", "-H"};
  runner.flags = {"-v", "--verbose"};
  runner.abbreviations = true;
  runner.wrapper = CommandSpec::Wrapper{};
  runner.wrapper->assignments = true;
  runner.wrapper->skip_words = 1;
  CommandSpec shell;
  shell.wrapper = CommandSpec::Wrapper{};
  shell.wrapper->form = CommandSpec::Wrapper::Form::shell;
  shell.wrapper->shell_options = {"--do", "-d"};
  CommandSpec remote;
  remote.value_options = {"-p"};
  remote.flags = {"-q"};
  remote.wrapper = CommandSpec::Wrapper{};
  remote.wrapper->form = CommandSpec::Wrapper::Form::remote;
  const test::Specs specs({{"runner", runner}, {"shell", shell}, {"remote", remote}});

  CHECK(found(words("runner --host a -v target ls -l"), specs) == std::vector<std::string>{"ls -l"});
  CHECK(found(words("runner --ho a -Hb -vHc target ls"), specs) == std::vector<std::string>{"ls"});
  CHECK(found(words("runner A=b target ls"), specs) == std::vector<std::string>{"~ls"});
  CHECK(found(words("runner --weird target ls"), specs) ==
        std::vector<std::string>{"~target ls", "~ls", "!"});
  CHECK(found(words("shell --do 'ls -l'"), specs) == std::vector<std::string>{"ls -l"});
  CHECK(found(words("shell --do='ls -l'"), specs) == std::vector<std::string>{"ls -l"});
  CHECK(found(words("shell '-dls -l'"), specs) == std::vector<std::string>{"ls -l"});
  CHECK(found(words("shell"), specs) == std::vector<std::string>{"!"});
  CHECK(found(words("remote -q -p 1 host ls -l"), specs) == std::vector<std::string>{"ls -l"});
  CommandSpec ansible;
  ansible.value_options = {"-m"};
  ansible.wrapper = CommandSpec::Wrapper{};
  ansible.wrapper->skip_words = 1;
  ansible.wrapper->shell_options = {"-a"};
  const test::Specs playbook({{"ansible", ansible}});
  CHECK(found(words("ansible all -m shell -a 'rm -rf /'"), playbook) == std::vector<std::string>{"rm -rf /"});
  CHECK(found(words("ansible -a 'rm -rf /' all"), playbook) == std::vector<std::string>{"rm -rf /"});
  CHECK(found(words("ansible all -m ping"), playbook).empty());
  CHECK(found(words("remote -q host"), specs) == std::vector<std::string>{"!"});
}

TEST_CASE("plain shell text is one command of literal words") {
  CHECK(plain_shell_command("ls -l") == Words{"ls", "-l"});
  CHECK(plain_shell_command("  ls\t-l \n") == Words{"ls", "-l"});
  CHECK(plain_shell_command("a 'b c' \"d e\" f\\ g ''") == Words{"a", "b c", "d e", "f g", ""});
  CHECK(plain_shell_command("a 'b'\"c\"d\\'") == Words{"a", "bcd'"});
  CHECK(plain_shell_command("a \"\\$x \\q\"") == Words{"a", "$x \\q"});
  CHECK(plain_shell_command("a --b=c HEAD~1 x=y a@b {} %s") ==
        Words{"a", "--b=c", "HEAD~1", "x=y", "a@b", "{}", "%s"});
  for (const char* text :
       {"",       "  ",      "a;b",   "a&",   "a|b",  "a>b",   "a<b",      "$a",        "a $b", "a `b`",
        "a *",    "a ?",     "a [b]", "a ~",  "a ~b", "a x=~", "A=b c",    "A=b",       "a #b", "#a",
        "{ a; }", "a {b,c}", "(a)",   "! a",  "if a", "a\nb",  "a \"$b\"", "a \"`b`\"", "'a",   "\"a",
        "a\\",    "a \\\nb", "=a",    "a =b", "%1",   "'' a",  "[[ a ]]",  "time a",    "a\x01"}) {
    INFO(text);
    CHECK_FALSE(plain_shell_command(text));
  }
}

}  // namespace jit

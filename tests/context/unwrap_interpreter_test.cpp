// Editors, pagers, interpreters and wrappers whose text or command stands where it is easily passed over.
#include <algorithm>
#include <catch2/catch.hpp>

#include "context/told.hpp"

namespace jit {
namespace {

std::vector<std::string> told_of(const std::string& line) {
  return test::run_by(test::words_of(line));
}

bool is_told(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("a command in an option of an editor or a tool is found, attached or bundled") {
  const char* line = GENERATE(
      "vim -es '-c!rm x'", "vim -Nesc '!rm x' f", "vim -Nes '-c:!rm x' f", "ex -sc '!rm x' f",
      "vim '--cmd=!rm x'", "vim --cmd '!rm x'", "vim.basic -c '!rm x'", "vim.tiny -c '!rm x'",
      "vim.nox '-c!rm x'", "rview -c '!rm x'", "gvimdiff -c '!rm x' a b", "nvim '+!rm x'", "vi +':!rm x'",
      "vim -t -- '-c!rm x'", "emacsclient -a 'rm x' f", "emacsclient '--alternate-editor=rm x' f",
      "emacsclient -na 'rm x'", "nano --speller 'rm x' f", "nano '-srm x' f", "cpio --rsh-command='rm x'",
      "bash.static -c 'rm x'", "bpftrace -c 'rm x' a.bt", "lftp -e '!rm x'", "lftp '-c!rm x'",
      "sbatch --wrap='rm x'", "sbatch --wrap 'rm x'", "fd a -Hx rm x", "fd -x rm x", "fdfind a -X rm x",
      "fd '--exec=rm' x", "fd a --exec rm x", "fd a -HIxrm x", "gpg-agent --pinentry-program 'rm x'");
  INFO(line);
  const auto found = told_of(line);
  CAPTURE(found);
  CHECK(is_told(found, "rm x"));
}

TEST_CASE("the command behind the operands of a wrapper is found") {
  const char* line = GENERATE(
      "choom -n 5 -- rm x", "choom -n 5 rm x", "systemd-cat rm x", "systemd-cat -t a rm x",
      "systemd-inhibit rm x", "systemd-inhibit --what=sleep rm x", "systemd-nspawn -D /a rm x",
      "uclampset -m 5 rm x", "coresched new -t pgid -- rm x", "coresched copy --source 1 -- rm x",
      "openvt -c 5 -- rm x", "openvt -s rm x", "xvfb-run rm x", "xvfb-run -a -s '-screen 0' rm x",
      "logsave f rm x", "logsave -a f rm x", "gpg-agent --daemon rm x", "gpg-agent --weird --daemon rm x",
      "k3s kubectl exec a -- rm x", "srun rm x", "srun -N 1 rm x", "mpirun -n 4 rm x", "perf stat rm x",
      "perf record rm x", "perf record -g rm x", "perf record -o f -- rm x", "perf stat -e a rm x",
      "perf stat record rm x", "perf trace rm x", "perf --no-pager stat rm x", "perf sched record rm x",
      "faketime 'last friday' rm x", "faketime -f '-15d' rm x", "faketime -15d rm x", "envdir d rm x",
      "s6-envdir d rm x", "setlock -n f rm x", "annotate-output rm x", "annotate-output +%s rm x",
      "runcon a:b:c:d rm x", "runcon -t a rm x", "chpst -u a rm x", "setarch x86_64 rm x",
      "setarch x86_64 -R rm x", "setarch -R rm x", "linux32 rm x", "taskset 3 rm x", "taskset -c 0-3 rm x",
      "flock f rm x", "chrt -b rm x", "chrt -f 5 rm x", "minikube ssh 'rm x'");
  INFO(line);
  const auto found = told_of(line);
  CAPTURE(found);
  CHECK(is_told(found, "rm x"));
}

TEST_CASE("the client of a cluster within another program is found") {
  const char* line =
      GENERATE("k3s kubectl delete x", "microk8s kubectl delete x", "minikube kubectl -- delete x",
               "minikube -p a kubectl -- delete x", "microk8s.kubectl delete x", "kubecolor delete x");
  INFO(line);
  const auto found = told_of(line);
  CAPTURE(found);
  CHECK(is_told(found, "kubectl delete x"));
}

TEST_CASE("texts in the language of an editor, an interpreter or a tool are said to be untold") {
  const char* line = GENERATE(
      "vim -c 'call system(1)' f", "vim -esS x", "vim -S x", "vim -es f", "vim --remote-send ':x' f",
      "vim --remote-expr 'x'", "vim '+/a/!x' f", "vim '+/a|x' f", "nvim -l x", "vim -u x f", "vim -nu x f",
      "emacs -batch -eval 'x'", "emacs --batch --eval=x", "emacs -execute x", "emacs -funcall x",
      "emacs -fun x", "emacs -f x", "emacs -l x", "emacs -load=x", "emacs --script x", "emacsclient -e x",
      "emacsclient --eval x", "emacsclient -ne x", "emacs-nox -batch -eval x", "less --lesskey-content=x f",
      "less --LESSKEY-src=x f", "less '-N+!x' f", "kak -e x", "tar xf -- '--to-command=rm x'",
      "tar xvf -- --to-command=x", "tar xbf 20 -- '--to-command=rm x'",
      "python3 -m timeit -n1 -r1 'import os'", "python3 -mtimeit x", "python3 -Im timeit x",
      "python3 -m pdb -c x f.py", "python3 -m cProfile /dev/stdin", "python3 -m runpy /dev/stdin",
      "python3 -m cProfile -m timeit x", "python3 -m code", "python3 --check-hash-based-pycs always -c x",
      "node --import 'data:text/javascript,x' f.js", "node --import=data:text/javascript,x f.js",
      "node -r x f.js", "node --require x f.js", "node --eval=x", "node -pe x", "node --title a -e x",
      "node --loader x f.js", "node 'data:text/javascript,x'", "deno run 'data:application/javascript,x'",
      "deno run -", "deno run https://a/x.ts", "perl -C -e x", "ruby -W -e x", "ruby --enable gems -e x",
      "perl -d x.pl", "erl -eval x", "php -d auto_prepend_file=data:x f.php",
      "php -dauto_prepend_file=x f.php", "php '--define=auto_append_file=x' f.php", "php -f /dev/stdin x",
      "gawk -f f -e 'BEGIN { system(1) }'", "awk -f /dev/stdin f", "awk -f - f", "gawk -f f --source=x",
      "gawk -l x", "awk '/a/ { print | \"sh\" }' f", "awk '{ \"x\" | getline }' f",
      "awk '{ print $1 / 2 | \"sh\" } # /' f", "awk '/a\"/ { print |\"sh\" } /\"/' f",
      "awk '/[/]/ { print | \"sh\" } /x/' f", "awk '{ print \"a\\\"\" | \"sh\" }' f", "awk '/[/|\"x\"/]/' f",
      "gnuplot -e x", "bpftrace --unsafe -e 'BEGIN { system(\"x\") }'", "lftp -c 'open a; !x'",
      "mycli -e 'system x'", "pgcli -c x", "usql -c '\\! x'", "mycli --execute=x", "logsave f -",
      "mongosh --eval 'db[\"a\"]'", "mongosh --eval 'let {a, [\"x\"]: c} = b'", "openvt", "minikube ssh",
      "mongosh --eval 'a//(\n[\"x\"]'");
  INFO(line);
  const auto found = told_of(line);
  CAPTURE(found);
  CHECK(is_told(found, "!"));
}

TEST_CASE("everyday uses of these programs run nothing else") {
  const char* line = GENERATE(
      "vim f", "vim +12 f", "vim + f", "vim +/pat f", "vim '+/foo bar' f", "vim -R f", "vim -d a b",
      "vim -- -c", "view f", "vim -u NONE f", "emacs -nw f", "emacs -Q +12:3 f", "emacsclient -c f",
      "emacsclient -n f", "less -N f", "less +/x f", "less -R +G f", "nano +3 f", "tar xf f -- a",
      "tar xvf f", "python3 -m venv d", "python3 -m http.server", "python3 -m json.tool f",
      "python3 -m cProfile -s time f.py", "python3 -m pip install x", "node f.js -e", "node --inspect f.js",
      "node --no-warnings f.js -p 80", "deno run -A f.ts", "php -d memory_limit=1G f.php", "ruby f.rb -e",
      "perl -I lib f.pl", "gawk -f f.awk x", "awk '/a|b/' f", "awk '$1 ~ /a|b/' f",
      "awk '/x/ { print $1 } /a|b/' f", "awk '{ print \"a|b\" }' f", "awk -F'|' '{ print $2 }' f",
      "awk '/a|b/ || /c/' f", "fd -tx", "fd -Htx a", "fd a -e xml", "cpio -idm", "gpg-agent --daemon",
      "k3s --version", "minikube start", "microk8s status", "perf report", "perf list", "sbatch job.sh",
      "mycli prod", "pgcli prod", "mongosh --eval 'db.c.find({a:[1]})'",
      "mongosh --eval 'db.c.aggregate([{a: {b: [1, 2]}}])'", "choom -p 1", "systemd-inhibit --list");
  INFO(line);
  const auto found = told_of(line);
  CAPTURE(found);
  CHECK(found.empty());
}

TEST_CASE("ssh as rsync starts it is certain") {
  const auto certain = [](const std::string& line) {
    const auto unwrapped = context::unwrap_all(*context::plain_shell_command(line), test::Specs());
    REQUIRE(unwrapped.commands.size() == 1);
    return unwrapped.commands[0].certain && !unwrapped.opaque;
  };
  CHECK(certain("rsync -e 'ssh -p 22' a h:b"));
  CHECK(certain("rsync --rsh=ssh a h:b"));
  CHECK_FALSE(certain("rsync -e 'sshx -p 22' a h:b"));
  CHECK_FALSE(certain("rsync -e \"ssh -p '22'\" a h:b"));
}

}  // namespace jit

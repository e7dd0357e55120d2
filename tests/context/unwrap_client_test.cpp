#include <algorithm>
#include <catch2/catch.hpp>

#include "context/command_line.hpp"
#include "context/specs.hpp"
#include "util/text.hpp"

namespace jit {
namespace {

// What is run, "~" before what is not certain, "@" before what runs elsewhere, "!" for what cannot be told.
std::vector<std::string> started_by(const std::vector<std::string>& argv) {
  const auto unwrapped = context::unwrap_all(argv, test::Specs());
  std::vector<std::string> lines;
  for (const auto& inner : unwrapped.commands) {
    lines.push_back((inner.certain ? "" : "~") + std::string(inner.remote ? "@" : "") +
                    util::shell_line(inner.argv));
  }
  if (unwrapped.opaque) lines.emplace_back("!");
  return lines;
}

std::vector<std::string> started_by(const std::string& line) {
  const auto argv = context::plain_shell_command(line);
  REQUIRE(argv);
  return started_by(*argv);
}

bool holds(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("what a client of a database runs here is found") {
  const char* line = GENERATE(
      "psql -c '\\! rm x'", "psql -c '\\!rm x'", "psql db -Atc '\\! rm x'", "psql --comm='\\! rm x'",
      "psql -F -- -c '\\! rm x'", "psql -c '\\o | rm x'", "psql -c '\\o |rm x'", "psql -c '\\o|rm x'",
      "psql -c \"\\\\o '|rm x'\"", "psql -c '\\out | rm x'", "psql -c '\\w | rm x'", "psql -c '\\g | rm x'",
      "psql -c '\\gx (format=csv) | rm x'", "psql -c 'select 1 \\g | rm x'", "psql -c 'select 1 \\! rm x'",
      "psql -c 'select 1;\n\\! rm x'", "psql -c \"\\\\copy t to program 'rm x'\"",
      "psql -c \"\\\\copy t FROM\tPROGRAM 'rm x'\"",
      "psql -c \"\\\\copy (select 'program') to program'rm x'\"", "psql -c '\\echo `rm x`'",
      "psql -c '\\d a`rm x`'", "psql -c 'select 1' -c '\\! rm x'", "psql -o '|rm x' -c 'select 1'",
      "psql '--output=| rm x'", "psql '-o|rm x'", "psql15 -c '\\! rm x'",
      // Versions of mysql read these everywhere, and `system` at the start of a line.
      "mysql -e 'system rm x'", "mysql -e 'SYSTEM rm x;'", "mysql -e '  system rm x'",
      "mysql -Be 'select 1; system rm x'", "mysql -e 'select 1\nsystem rm x'",
      "mysql -e 'select 1\\G system rm x'", "mysql -e '\\! rm x'", "mysql -e 'select 1 \\! rm x'",
      "mysql -e '\\!a rm x'", "mysql --exec='\\! rm x'", "mysql -e \"select 1 -- it's\n\\\\! rm x\"",
      "mysql -e \"select 'a\\\\' \\\\! rm x\"", "mysql -e \"select 1 # it's\nsystem rm x\"",
      "mysql '--pager=rm x'", "mysql -e 'pager rm x'", "mysql -e '\\P rm x'",
      "mariadb -uroot -e 'system rm x'", "mysql -p -e 'system rm x'", "sqlite3 a.db '.shell rm x'",
      "sqlite3 a.db '.system rm x'", "sqlite3 a.db '.sh rm x'", "sqlite3 a.db '.s rm x'",
      "sqlite3 a.db '. shell rm x'", "sqlite3 -json a.db 'select 1' '.shell rm x'",
      "sqlite3 a.db -csv '.shell rm x'", "sqlite3 -cmd '.shell rm x' a.db", "sqlite3 --cmd '.shell rm x'",
      "sqlite3 a.db '.output |rm x'", "sqlite3 a.db '.o |rm x'", "sqlite3 a.db \".once '|rm x'\"",
      "sqlite3 a.db \".import '|rm x' t\"", "sqlite3 a.db '.read \"|rm x\"'",
      "sqlite3 a.db \".shell 'rm' 'x'\"", "sqlite3 a.db \".shell 'a;rm' x\"",
      "sqlite3 -separator , a.db '.shell rm x'", "sqlite3 -lookaside 1 2 a.db '.shell rm x'",
      "duckdb a.db -c '.shell rm x'", "cockroach sql -e '\\! rm x'", "lftp -c '!rm x' host");
  INFO(line);
  const auto found = started_by(line);
  CAPTURE(found);
  CHECK(holds(found, "~rm x"));
}

TEST_CASE("what a client of a database could run and is not to be read is said to be untold") {
  const char* line = GENERATE(
      "psql -c '\\!'", "psql -c '\\i f'", "psql -c '\\ir f'", "psql -c '\\e'", "psql -c '\\setenv PAGER x'",
      "psql -c '\\unheard of'", "psql -v a=b -c '\\o :a'", "psql -c \"\\\\o '\\\\174rm'\"",
      "psql -c \"\\\\copy t to program 'a\\\\b'\"", "psql -c '\\echo `:a`'", "psql -v 'PROMPT1=%`rm`'",
      "psql --set 'PROMPT1=%`rm`'", "psql -f -", "psql -f /dev/stdin", "psql --file=/proc/self/fd/0",
      "psql -c \"copy t to program E'a'\"", "psql -c 'copy t to program $$a$$'", "mysql -e 'source f'",
      "mysql -e '\\. f'", "mysql -e 'select 1 \\e'", "mysql -e 'delimiter /\nsystem x'",
      "sqlite3 a.db '.load x'", "sqlite3 a.db '.read f'", "sqlite3 a.db '.once -e'", "sqlite3 a.db '.excel'",
      "sqlite3 a.db '.unheard'", "sqlite3 a.db \"select edit('a','rm x')\"",
      "sqlite3 a.db \"select EDIT ('a','rm x')\"", "sqlite3 a.db \"select load_extension('x')\"",
      "sqlite3 -init /dev/stdin a.db", "sqlite3 a.db '.shell \"\\x72m\"'", "mongosh --eval 'require(1)'",
      "mongosh db --eval=this.x", "mongo --eval 'run (1)'", "mongosh --eval 'db[a]()'",
      "mysqlsh --py -e 'import os'", "mysqlsh --sql -e '\\! x'", "lftp -e 'source x'");
  INFO(line);
  const auto found = started_by(line);
  CAPTURE(found);
  CHECK(holds(found, "!"));
}

TEST_CASE("plain SQL runs nothing") {
  const char* line = GENERATE(
      "psql", "psql prod", "psql -c 'select 1'", "psql -c \"select * from t where a ~ '\\\\d+|\\\\w'\"",
      "psql -c \"select E'a\\\\n'\"", "psql -c \"select '\\\\! rm x'\"", "psql -Atc 'select program from t'",
      "psql -c \"copy t to '/tmp/program'\"", "psql -c \"select 'copy the program e'\"",
      "psql -c 'copy t to stdout'", "psql -c '\\dt+'", "psql -c '\\l'", "psql -c '\\d+ a.b'",
      "psql -c '\\x' -c 'select 1'", "psql -c '\\timing on'", "psql -c '\\conninfo'",
      "psql -c '\\o /tmp/out.txt'", "psql -c \"\\\\copy t to '/tmp/a.csv' csv header\"",
      "psql -c '\\copy t from stdin'", "psql -v ON_ERROR_STOP=1 -f x.sql", "psql -o out.txt -c 'select 1'",
      "psql -c 'select a || b'", "psql -F '|' -c 'select 1'", "psql -h a -U b -c 'delete from t; commit'",
      "mysql -e 'select 1'", "mysql -e 'select \"system\"'", "mysql -e \"select 'system x'\"",
      "mysql -e \"select ';system x'\"", "mysql -e 'select system from t'",
      "mysql -e 'show tables; select 1\\G'", "mysql -uroot -ppager -e 'select 1'",
      "mysql -e 'select 1 -- x\nselect 2'", "mysql prod", "mysql --pager db", "sqlite3 a.db",
      "sqlite3 a.db 'select 1'", "sqlite3 a.db .tables .schema",
      "sqlite3 a.db '.mode csv' 'select edit from t'", "sqlite3 a.db 'select count(*), edited from credit'",
      "sqlite3 ./a.db 'select 1'", "sqlite3 ../a.db", "sqlite3 a.db '.output f' 'select 1'",
      "sqlite3 -separator '|' a.db 'select 1'", "sqlite3 -separator - a.db", "sqlite3 a.db '.separator |'",
      "sqlite3 a.db '.import --csv f t'", "sqlite3 a.db .dump", "sqlite3 -cmd '.timeout 5' a.db 'select 1'",
      "redis-cli get a", "lftp -c 'mirror a b'", "mongosh db", "mongosh db --eval 'db.runCommand({ping: 1})'",
      "mongosh --eval 'rs.status()'", "mysqlsh --sql -e 'select 1'");
  INFO(line);
  CHECK(started_by(line).empty());
}

TEST_CASE("what a server runs is found, too, and is no program of this machine") {
  CHECK(started_by("psql -c \"copy t to program 'rm x'\"") == std::vector<std::string>{"~@rm x"});
  CHECK(started_by("psql -c \"COPY (select 1) TO PROGRAM 'rm ''x'''\"") ==
        std::vector<std::string>{"~@rm x"});
}

TEST_CASE("texts of many commands are not read forever") {
  const auto [program, option, part] =
      GENERATE(table<std::string, std::string, std::string>({{"psql", "-c", "copy program 'a' "},
                                                             {"psql", "-c", "a\\copy\\! program "},
                                                             {"psql", "-c", "\\o `a`"},
                                                             {"mysql", "-e", "\\!a "},
                                                             {"mysql", "-e", "system a\n"},
                                                             {"mysql", "-e", "\\aa"},
                                                             {"sqlite3", "-cmd", "a\n.shell b "}}));
  std::string text;
  while (text.size() < 100000) text += part;
  INFO(program << ' ' << part);
  CHECK(holds(started_by({program, option, text}), "!") == (part != "\\aa"));
}

TEST_CASE("what runs elsewhere, or on many machines, is found") {
  const char* line = GENERATE(
      "ansible all -a 'rm x'", "ansible all -m shell -a 'rm x'", "ansible all -bm raw -a 'rm x'",
      "ansible all -m ansible.builtin.shell -a 'rm x'", "ansible all --module-n=command --args='rm x'",
      "ansible -a 'rm x' all -i hosts", "ansible all -m shell '-arm x'", "ansible all -a 'chdir=/a rm x'",
      "ansible all -m shell -a \"cmd='rm x' chdir=/\"", "ansible localhost -c local -a 'rm x'",
      "aws ssm send-command --parameters 'commands=rm x'",
      "aws ssm send-command --parameters 'commands=[\"rm x\"]'",
      "aws ssm send-command --parameters '{\"commands\":[\"a\",\"rm x\"]}'",
      "aws ecs execute-command --interactive --command 'rm x'", "gcloud compute ssh h --command 'rm x'",
      "gcloud compute ssh h -- rm x", "gcloud compute ssh h -- -t rm x",
      "az vm run-command invoke --scripts a 'rm x'", "az vm run-command invoke '--scripts=rm x'",
      "pdsh -w a rm x", "pdsh -w a 'rm x'", "clush -w a rm x", "pssh -H a -i rm x", "salt '*' cmd.run 'rm x'",
      "salt '*' test.ping,cmd.run , 'rm x'", "fab -H a -- rm x", "bolt command run 'rm x' -t a",
      "knife ssh 'name:a' 'rm x'", "consul exec rm x", "consul lock a rm x", "nomad alloc exec a rm x",
      "etcdctl lock a rm x", "etcdctl watch a -- rm x", "heroku run rm x", "multipass exec a -- rm x",
      "limactl shell a rm x", "tsh ssh a@b rm x", "fly ssh console -C 'rm x'", "cf ssh a -c 'rm x'",
      "sops exec-env f 'rm x'", "terragrunt exec -- rm x", "zellij run -- rm x", "watchexec rm x",
      "concurrently 'rm x'", "xterm -e rm x", "xterm -e 'rm x'", "gnome-terminal -- rm x",
      "gnome-terminal '--command=rm x'", "cmake -E env rm x",
      "kubectl config set-credentials a --exec-command 'rm x'");
  INFO(line);
  const auto found = started_by(line);
  CAPTURE(found);
  const bool is_found =
      holds(found, "rm x") || holds(found, "@rm x") || holds(found, "~rm x") || holds(found, "~@rm x");
  CHECK(is_found);
}

TEST_CASE("an ad-hoc command of ansible is as certain as one of ssh") {
  CHECK(started_by("ansible web -a uptime") == std::vector<std::string>{"@uptime"});
  CHECK(started_by("ansible web -m shell -a 'ls -l'") == std::vector<std::string>{"@ls -l"});
  CHECK(started_by("ansible localhost -a 'ls -l'") == std::vector<std::string>{"ls -l"});
  CHECK(holds(started_by("ansible web -m shell -a 'ls | rm x'"), "~@rm x"));
  CHECK(holds(started_by("ansible web -m debug -a 'msg={{ lookup(\"pipe\", \"rm x\") }}'"), "!"));
  CHECK(holds(started_by("ansible-playbook x.yml -e 'a={{ x }}'"), "!"));
}

TEST_CASE("commands in properties and in options of tools are found") {
  const char* line = GENERATE(
      "systemd-run -p 'ExecStartPre=rm x' true", "systemd-run '-pExecStopPost=-+rm x' true",
      "systemd-run --property='ExecStartPre=!!rm x' true", "systemd-run --prop 'ExecReload=rm x' true",
      "helm upgrade a b --post-renderer 'rm x'", "go test -exec 'rm x'", "go build -toolexec='rm x'",
      "dpkg --pre-invoke='rm x' -i a", "apt-get -o 'DPkg::Pre-Invoke::=rm x' install a",
      "apt-get '-oAPT::Update::Post-Invoke=rm x' update", "iptables --modprobe='rm x' -L",
      "nodemon -x 'rm x'", "wget --use-askpass='rm x' u", "gpg --photo-viewer 'rm x' --list-keys",
      "sshfs -o ssh_command='rm x' h: m", "scp -o ProxyCommand='rm x' a h:b", "sftp '-oProxyCommand=rm x' h",
      "vim -c '!rm x'", "vim '+!rm x' f", "vim '+:!rm x'", "gdb -ex 'shell rm x'",
      "gdb --batch -ex '!rm x' a", "less '+!rm x' f", "less '++!rm x' f", "tar -f -- '--to-command=rm x'",
      "zip a b -T -TT 'rm x'", "zip -T '-TTrm x' a");
  INFO(line);
  const auto found = started_by(line);
  CAPTURE(found);
  CHECK(holds(found, "~rm x"));
}

TEST_CASE("other languages in options of tools are said to be untold") {
  const char* line =
      GENERATE("rpm --eval '%(rm x)'", "rpm -E '%{lua:os.execute(1)}'", "kustomize build --enable-exec",
               "svn up --config-option=config:tunnels:ssh=x", "less '+|a rm' f", "aws ssm start-session",
               "gcloud compute ssh h", "systemd-run -p 'ExecStartPre=\\x72m x' true",
               "systemd-run -p 'ExecStart=@rm a' true");
  INFO(line);
  const auto found = started_by(line);
  CAPTURE(found);
  CHECK(holds(found, "!"));
}

TEST_CASE("their everyday use runs nothing") {
  const char* line = GENERATE(
      "ansible all -m ping", "ansible all -m service -a 'name=a state=started'",
      "ansible-playbook x.yml -l web", "aws s3 ls",
      "aws ssm start-session --document-name AWS-StartPortForwardingSession", "gcloud compute instances list",
      "az vm list", "salt '*' test.ping", "consul members", "nomad job run f", "heroku logs",
      "cmake -E copy a b", "cmake --build b", "helm list", "helm upgrade a b", "go test ./...",
      "go build -o a", "apt-get -o Debug::a=1 update", "apt-get install a", "iptables -L", "rpm -E %fedora",
      "less +G f", "less +/a!b f", "less +12 f", "less f", "vim f", "vim +12 f", "scp -o BatchMode=yes a h:b",
      "sftp h", "kubectl config set-credentials a --token=b", "kubectl get pods", "terraform apply",
      "zip -T a.zip b", "terragrunt plan", "etcdctl watch a", "cf push");
  INFO(line);
  CHECK(started_by(line).empty());
}

}  // namespace jit

#include "context/redact.hpp"

#include <catch2/catch.hpp>

#include "context/specs.hpp"
#include "util/text.hpp"

namespace jit {
namespace {

using context::CommandSpec;
using Argv = std::vector<std::string>;

Argv shown(const Argv& argv, const test::Specs& specs = test::Specs()) {
  Argv words;
  for (const auto& redaction : context::redact_argv(argv, specs)) words.push_back(redaction.text);
  return words;
}

}  // namespace

TEST_CASE("secrets in arguments are hidden") {
  struct Row {
    Argv argv, expected;
  };
  const auto rows = std::vector<Row>{
      {{"t", "--password=hunter2"}, {"t", "--password=[redacted]"}},
      {{"t", "--password", "hunter2", "go"}, {"t", "--password", "[redacted]", "go"}},
      {{"t", "--password=my pass;word'"}, {"t", "--password=[redacted]"}},
      {{"t", "--db-password=x"}, {"t", "--db-password=[redacted]"}},
      {{"t", "--token", "x"}, {"t", "--token", "[redacted]"}},
      {{"t", "--client-secret=x"}, {"t", "--client-secret=[redacted]"}},
      {{"t", "--api-key=x"}, {"t", "--api-key=[redacted]"}},
      {{"t", "--apiKey", "x"}, {"t", "--apiKey", "[redacted]"}},
      {{"t", "--PASSWORD=x"}, {"t", "--PASSWORD=[redacted]"}},
      {{"t", "--passphrase=x"}, {"t", "--passphrase=[redacted]"}},
      {{"t", "-password=x"}, {"t", "-password=[redacted]"}},
      {{"t", "PGPASSWORD=x"}, {"t", "PGPASSWORD=[redacted]"}},
      {{"t", "-e", "DB_PASS=x"}, {"t", "-e", "DB_PASS=[redacted]"}},
      {{"t", "--set", "db.password=x,a=b"}, {"t", "--set", "db.password=[redacted],a=b"}},
      {{"t", "-e", "DB_PASSWORD=x,y"}, {"t", "-e", "DB_PASSWORD=[redacted]"}},
      {{"t", "https://bob:hunter2@host/p"}, {"t", "https://bob:[redacted]@host/p"}},
      {{"t", "postgres://bob:a/b@host/p"}, {"t", "postgres://bob:[redacted]@host/p"}},
      {{"t", "postgres://bob:p@ss@host/p"}, {"t", "postgres://bob:[redacted]@host/p"}},
      {{"t", "--url=https://bob:x@host"}, {"t", "--url=https://bob:[redacted]@host"}},
      {{"t", "https://host/?token=abc&x=1"}, {"t", "https://host/?token=[redacted]&x=1"}},
      {{"curl", "-H", "Authorization: Bearer abc"}, {"curl", "-H", "Authorization: Bearer [redacted]"}},
      {{"curl", "-HAuthorization: Basic abc=="}, {"curl", "-HAuthorization: Basic [redacted]"}},
      {{"curl", "-H", "authorization:abc"}, {"curl", "-H", "authorization:[redacted]"}},
      {{"curl", "-H", "Proxy-Authorization: abc def"}, {"curl", "-H", "Proxy-Authorization: [redacted]"}},
      {{"curl", "-H", "X-Api-Key: abc"}, {"curl", "-H", "X-Api-Key: [redacted]"}},
      {{"curl", "-H", "Cookie: a=b; c=d"}, {"curl", "-H", "Cookie: [redacted]"}},
      {{"curl", "-u", "bob:hunter2", "x"}, {"curl", "-u", "bob:[redacted]", "x"}},
      {{"curl", "-ubob:hunter2", "x"}, {"curl", "-ubob:[redacted]", "x"}},
      {{"curl", "--user", "bob:hunter2"}, {"curl", "--user", "bob:[redacted]"}},
      {{"curl", "-d", R"({"password": "x y", "a": 1})"},
       {"curl", "-d", R"({"password": "[redacted]", "a": 1})"}},
      {{"mysql", "-phunter2", "-uroot"}, {"mysql", "-p[redacted]", "-uroot"}},
      {{"/usr/bin/mysqldump", "-phunter2"}, {"/usr/bin/mysqldump", "-p[redacted]"}},
      {{"sshpass", "-p", "hunter2", "ls"}, {"sshpass", "-p", "[redacted]", "ls"}},
      {{"t", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"}, {"t", "ghp_[redacted]"}},
      {{"t", "x=glpat-abcdefghijklmnopqrst"}, {"t", "x=glpat-[redacted]"}},
      {{"t", "AKIAABCDEFGHIJKLMNOP"}, {"t", "AKIA[redacted]"}},
      {{"t", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc"}, {"t", "eyJ[redacted]"}},
      {{"t", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"},
       {"t", "-----BEGIN [redacted]-----END RSA PRIVATE KEY-----"}},
      // Behind another command.
      {{"sudo", "mysql", "-phunter2"}, {"sudo", "mysql", "-p[redacted]"}},
      {{"sh", "-c", "mysql --password=hunter2 db"}, {"sh", "-c", "mysql --password=[redacted] db"}},
      {{"sh", "-c", "x --password='a b' c"}, {"sh", "-c", "x --password='[redacted]' c"}},
      {{"sh", "-c", "curl -H 'Authorization: Bearer abc' x"},
       {"sh", "-c", "curl -H 'Authorization: Bearer [redacted]' x"}},
      {{"sh", "-c", "PGPASSWORD=x psql"}, {"sh", "-c", "PGPASSWORD=[redacted] psql"}},
      {{"ssh", "h", "curl", "https://a:b@c/"}, {"ssh", "h", "curl", "https://a:[redacted]@c/"}},
  };
  for (const auto& row : rows) CHECK(shown(row.argv) == row.expected);
}

TEST_CASE("what is no secret stays") {
  for (const Argv& argv : std::vector<Argv>{{"t", "--password-file=x"},
                                            {"t", "--password-stdin", "x"},
                                            {"t", "--no-password", "db"},
                                            {"ansible-playbook", "--ask-pass", "site.yml"},
                                            {"t", "--token", "--force"},
                                            // a name behind a letter is a value: what follows is another word
                                            {"env", "-uAPI_TOKEN", "id"},
                                            {"kubectl", "-nprod-secret", "delete", "ns", "payments"},
                                            {"git", "-Cmy-secret", "push", "origin"},
                                            {"ssh", "-lpassword", "prod-db", "reboot"},
                                            {"sudo", "-gsecret", "reboot"},
                                            {"mysqladmin", "--password", "drop", "prod"},
                                            {"t", "--token"},
                                            {"t", "--password="},
                                            {"t", "image/token:latest"},
                                            {"t", "https://host:8080/a@b"},
                                            {"t", "git@host:path"},
                                            {"t", "--private-key=/etc/key"},
                                            {"ls", "-part"},
                                            {"mysql", "-p"},
                                            {"t", "--max-tokens=100"},
                                            {"t", "key=value"},
                                            {"t", "sk-short"},
                                            {"t", "-----BEGIN \xff PRIVATE KEY"},
                                            {"password", "x"},
                                            {""}}) {
    CHECK(shown(argv) == argv);
  }
  context::CommandSpec psql;
  psql.flags = {"--password"};
  CHECK(shown({"psql", "--password", "prod"}, test::Specs({{"psql", psql}})) ==
        Argv{"psql", "--password", "prod"});
}

TEST_CASE("no command hides behind a secret in shell text") {
  for (const char* text :
       {"--password=x;rm -rf /", "PASSWORD=x rm -rf /", "--token=x&&rm -rf /", "TOKEN=x|rm -rf /",
        "--password=$(rm -rf /)", "--password=`rm -rf /`", "--password=\"$(rm -rf /)\"",
        "--token=x\nrm -rf /", "a='TOKEN=' rm -rf / ' '", "curl -H Authorization: Bearer x; rm -rf /",
        "curl https://a:b;rm -rf /@c", "Authorization: Bearer `rm -rf /`", "echo 'TOKEN='; rm -rf / #'",
        "-----BEGIN PRIVATE KEY-----;rm -rf /", "PASSWORD=\"a\\\";rm -rf / \""}) {
    for (const Argv& argv : std::vector<Argv>{{"sh", "-c", text},
                                              {"ssh", "host", text},
                                              {"su", "-c", text},
                                              {"eval", text},
                                              {"sh", "-c", "x", "--password", text},
                                              {"ssh", "host", ":", "--password", text}}) {
      const Argv words = shown(argv);
      INFO(util::shell_line(words));
      CHECK(words.back().find("rm -rf /") != std::string::npos);
    }
  }
  // A quote that was opened in an earlier word.
  const Argv words = shown({"ssh", "host", "echo '", "PASSWORD=' rm -rf / '"});
  CHECK(words.back().find("rm -rf /") != std::string::npos);
}

TEST_CASE("a text that only looks as if it held a secret stays legible") {
  CommandSpec ansible;
  ansible.value_options = {"-m"};
  ansible.wrapper = CommandSpec::Wrapper{};
  ansible.wrapper->skip_words = 1;
  ansible.wrapper->shell_options = {"-a"};
  const test::Specs specs({{"ansible", ansible}});
  for (const Argv& argv : std::vector<Argv>{
           {"psql", "-c", "select 1 as \"authorization: \"; drop table users"},
           {"psql", "-c", "select $$://u:$$;drop/**/table/**/t;select/**/$$@$$"},
           {"psql", "-c", "select '://u:';drop/**/table/**/t;select/**/'@'"},
           {"mysql", "-e", "select 1 as `cookie:`; drop table t"},
           {"mysql", "-e", "cookie: ; drop table t"},
           {"mysql", "-e", "--password=; drop table t"},
           {"mysql", "-e", "select '\"password\":\"'/**/;drop/**/table/**/t;select'\"'"},
           {"mysql", "-e", "-----BEGIN PRIVATE KEY-----\nshutdown"},
           {"mysql", "--password", "prod", "-e", "drop table t"},
           {"git", "push", "origin", "+cookie:main"},
           {"git", "push", "origin", "cookie:main"},
           {"git", "push", "origin", "authorization:release"},
           {"docker", "run", "-v", "/:/authorization:rw", "x"},
           {"ansible", "all", "-m", "shell", "-a", "true cookie:; rm -rf /"},
           {"ansible", "all", "-m", "shell", "-a", "true cookie: rm -rf /"},
           {"ansible-playbook", "-e", "{authorization:, ansible_connection: local}"},
           {"rm", "token=/../../../srv/victim"},
           {"t", "token=/../../../srv/victim"},
           {"t", "token=/srv/victim"},
           {"t", "--token=/srv/victim"},
           {"rm", "-rf", "token=link/victim", "cookie: x"},
           {"sudo", "rm", "token=link/victim"},
           {"sh", "-c", "rm token=link/victim"},
           {"rm", "x://u:/../victim@"},
           {"t", "x://u:/../victim@h"},
           {"t", "x://u:a//victim@h"},
           {"ssh", "h", "kubectl delete ns", "authorization: prod"},
           {"sudo", "mkdir", "mongosh", "-p", "victim"},
       }) {
    INFO(util::shell_line(argv));
    Argv words = shown(argv, specs);
    if (argv[0] == "mysql") {  // what is hidden of the key is its first line
      const auto at = words[2].find("[redacted]");
      if (at != std::string::npos) words[2].replace(at, 10, "PRIVATE KEY-----");
    }
    CHECK(words == argv);
  }
  struct Row {
    Argv argv, expected;
  };
  for (const auto& row : std::vector<Row>{
           {{"ansible-playbook", "-e", "{authorization: x, ansible_connection: local}"},
            {"ansible-playbook", "-e", "{authorization: [redacted], ansible_connection: local}"}},
           {{"psql", "-c", "authorization: x y; drop table t"},
            {"psql", "-c", "authorization: [redacted] y; drop table t"}},
           {{"psql", "-c", "select 1 where token=x/**/or/**/1"},
            {"psql", "-c", "select 1 where token=[redacted]/**/or/**/1"}},
           {{"helm", "upgrade", "--set", "token=x,image=evil"},
            {"helm", "upgrade", "--set", "token=[redacted],image=evil"}},
           {{"sh", "-c", "eval \"TOKEN='a rm b'\""}, {"sh", "-c", "eval \"TOKEN='[redacted] rm b'\""}},
           {{"t", "--token=/Ab3x9Q2kLm0pQr7sTu4vWx/x+y="}, {"t", "--token=[redacted]"}},
           {{"sh", "-c", "echo '-----BEGIN PRIVATE KEY-----\nrm -rf /\n-----END'"},
            {"sh", "-c", "echo '-----BEGIN [redacted]\nrm -rf /\n-----END'"}},
       }) {
    INFO(util::shell_line(row.argv));
    CHECK(shown(row.argv) == row.expected);
  }
}

TEST_CASE("a private key is hidden wherever it stands") {
  const std::string line(64, 'x');
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + line + "\n" + line +
                          "\nabcdefghijklmnopqrst\n-----END RSA PRIVATE KEY-----";
  const std::string hidden = "-----BEGIN [redacted]-----END RSA PRIVATE KEY-----";
  CHECK(shown({"t", key})[1] == hidden);
  CHECK(shown({"t", "-k", key})[2] == hidden);
  CHECK(shown({"t", "-e", "PRIVATE_KEY=" + key})[2] == "PRIVATE_KEY=" + hidden);
  CHECK(shown({"sh", "-c", "echo '" + key + "' | cat"})[2] == "echo '" + hidden + "' | cat");
}

TEST_CASE("secrets are given, in order, and the text differs by nothing else") {
  const auto redactions =
      context::redact_argv({"t", "--set", "a.token=one,b.token=two", "bytes\xff"}, test::Specs());
  CHECK(redactions[2].secrets == Argv{"one", "two"});
  CHECK(redactions[3].text == "bytes\xff");
  CHECK(redactions[3].secrets.empty());
  const auto url = context::redact_argv({"t", "https://a:b@c https://d:e@f"}, test::Specs());
  CHECK(url[1].text == "https://a:[redacted]@c https://d:[redacted]@f");
  CHECK(url[1].secrets == Argv{"b", "e"});
}

TEST_CASE("variables are hidden by name, else like words") {
  const auto shown_variable = [](const char* name, const char* value) {
    return context::redact_variable(name, value).text;
  };
  CHECK(shown_variable("DB_PASSWORD", "x") == "[redacted]");
  CHECK(shown_variable("GITHUB_TOKEN", "x") == "[redacted]");
  CHECK(shown_variable("AWS_SECRET_ACCESS_KEY", "x") == "[redacted]");
  CHECK(shown_variable("API_KEY", "x") == "[redacted]");
  CHECK(shown_variable("API_KEY", "").empty());
  CHECK(shown_variable("AWS_PROFILE", "prod") == "prod");
  CHECK(shown_variable("PWD", "/tmp") == "/tmp");
  CHECK(shown_variable("DATABASE_URL", "postgres://a:b@c/d") == "postgres://a:[redacted]@c/d");
}

TEST_CASE("128 KiB of text is redacted in linear time") {
  for (const char* piece : {"=", "password=", "://", "a:b@", "'", "Authorization: ", "eyJ",
                            "-----BEGIN PRIVATE KEY", "://a:b/"}) {
    std::string text;
    while (text.size() < 130'000) text += piece;
    CHECK(shown({"t", text}).size() == 2);
    CHECK(shown({"sh", "-c", text}).size() == 3);
  }
}

}  // namespace jit

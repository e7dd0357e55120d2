#include <catch2/catch.hpp>

#include "context/redact.hpp"
#include "context/specs.hpp"
#include "util/text.hpp"

namespace jit {
namespace {

using Line = std::vector<std::string>;

Line without_secrets(const Line& argv) {
  Line words;
  for (const auto& redaction : context::redact_argv(argv, test::Specs())) words.push_back(redaction.text);
  return words;
}

struct SecretRow {
  Line argv, expected;
};

}  // namespace

TEST_CASE("options that take a secret are known by program") {
  const std::string r = "[redacted]";
  for (const auto& row : std::vector<SecretRow>{
           {{"curl", "-su", "u:X", "h"}, {"curl", "-su", "u:" + r, "h"}},
           {{"curl", "-suu:X", "h"}, {"curl", "-suu:" + r, "h"}},
           {{"curl", "--user=u:X", "h"}, {"curl", "--user=u:" + r, "h"}},
           {{"curl", "--proxy-user", "u:X", "h"}, {"curl", "--proxy-user", "u:" + r, "h"}},
           {{"curl", "-b", "a=b; c=d", "h"}, {"curl", "-b", "a=" + r, "h"}},
           {{"curl", "--oauth2-bearer", "X", "h"}, {"curl", "--oauth2-bearer", r, "h"}},
           {{"curl", "-H", "X-Api-Key:X", "h"}, {"curl", "-H", "X-Api-Key:" + r, "h"}},
           {{"curl", "--header=X-Auth-Token: X", "h"}, {"curl", "--header=X-Auth-Token: " + r, "h"}},
           {{"wget", "--http-password", "X"}, {"wget", "--http-password", r}},
           {{"wget", "--password=X"}, {"wget", "--password=" + r}},
           {{"git", "-c", "http.extraHeader=Authorization: Basic X", "fetch"},
            {"git", "-c", "http.extraHeader=Authorization: Basic " + r, "fetch"}},
           {{"sudo", "git", "-c", "http.extraHeader=Authorization: Basic X", "fetch"},
            {"sudo", "git", "-c", "http.extraHeader=Authorization: Basic " + r, "fetch"}},
           {{"redis-cli", "-a", "X", "get", "k"}, {"redis-cli", "-a", r, "get", "k"}},
           {{"mongosh", "-u", "me", "-p", "X"}, {"mongosh", "-u", "me", "-p", r}},
           {{"docker", "login", "-u", "me", "-p", "X", "r"}, {"docker", "login", "-u", "me", "-p", r, "r"}},
           {{"docker", "login", "-pX"}, {"docker", "login", "-p" + r}},
           {{"helm", "registry", "login", "-p", "X"}, {"helm", "registry", "login", "-p", r}},
           {{"openssl", "rsa", "-passin", "pass:X", "-passout", "pass:Y"},
            {"openssl", "rsa", "-passin", "pass:" + r, "-passout", "pass:" + r}},
           {{"openssl", "enc", "-k", "X"}, {"openssl", "enc", "-k", r}},
           {{"gh", "secret", "set", "N", "--body", "X"}, {"gh", "secret", "set", "N", "--body", r}},
           {{"gh", "secret", "set", "N", "-bX"}, {"gh", "secret", "set", "N", "-b" + r}},
           {{"aws", "secretsmanager", "create-secret", "--secret-string", "{\"a\": \"X\"}"},
            {"aws", "secretsmanager", "create-secret", "--secret-string", r}},
           {{"aws", "ssm", "put-parameter", "--name", "n", "--value=X"},
            {"aws", "ssm", "put-parameter", "--name", "n", "--value=" + r}},
           {{"aws", "configure", "set", "aws_secret_access_key", "X"},
            {"aws", "configure", "set", "aws_secret_access_key", r}},
           {{"kubectl", "create", "secret", "generic", "n", "--from-literal=k=X"},
            {"kubectl", "create", "secret", "generic", "n", "--from-literal=k=" + r}},
           {{"sshpass", "-pX", "ssh", "h"}, {"sshpass", "-p" + r, "ssh", "h"}},
           {{"htpasswd", "-b", "f", "u", "X"}, {"htpasswd", "-b", "f", "u", r}},
           {{"htpasswd", "-nbB", "u", "X"}, {"htpasswd", "-nbB", "u", r}},
           {{"smbclient", "-U", "u%X", "//h/s"}, {"smbclient", "-U", "u%" + r, "//h/s"}},
           {{"ldapsearch", "-x", "-w", "X"}, {"ldapsearch", "-x", "-w", r}},
           {{"env", "SECRET_KEY_BASE=X", "rails"}, {"env", "SECRET_KEY_BASE=" + r, "rails"}},
           {{"find", ".", "-exec", "mysql", "-pX", ";"}, {"find", ".", "-exec", "mysql", "-p" + r, ";"}},
       }) {
    INFO(util::shell_line(row.argv));
    CHECK(without_secrets(row.argv) == row.expected);
  }
}

TEST_CASE("options that take a secret are known in shell text, too") {
  const std::string r = "[redacted]";
  struct TextRow {
    std::string text, expected;
  };
  for (const auto& row : std::vector<TextRow>{
           {"mysql -pX db", "mysql -p" + r + " db"},
           {"mysql -p'X' db", "mysql -p'" + r + "' db"},
           {"sudo mysqldump -pX db | gzip", "sudo mysqldump -p" + r + " db | gzip"},
           {"true; A=b /usr/bin/mysql -pX;ls -pX", "true; A=b /usr/bin/mysql -p" + r + ";ls -pX"},
           {"curl -su u:X h", "curl -su u:" + r + " h"},
           {"curl --user=u:X h", "curl --user=u:" + r + " h"},
           {"curl -u 'u:X' h", "curl -u 'u:" + r + "' h"},
           {"curl -H 'X-Api-Key: X' h", "curl -H 'X-Api-Key: " + r + "' h"},
           {"curl -H X-Auth-Token:X h", "curl -H X-Auth-Token:" + r + " h"},
           {"redis-cli -a X flushall", "redis-cli -a " + r + " flushall"},
           {"redis-cli -a X;rm -rf /", "redis-cli -a " + r + ";rm -rf /"},
           {"wget --password X h", "wget --password " + r + " h"},
           {"docker login -p \"X\"", "docker login -p \"" + r + "\""},
           {"sshpass -p X ssh h", "sshpass -p " + r + " ssh h"},
           {"openssl rsa -passin pass:X", "openssl rsa -passin pass:" + r},
           {"htpasswd -b f u X; ls", "htpasswd -b f u " + r + "; ls"},
           {"SECRET_KEY_BASE=X rails", "SECRET_KEY_BASE=" + r + " rails"},
           {"ssh h 'mysql -pX'", "ssh h 'mysql -p" + r + "'"},
           {"echo ghp_abcdefghijklmnopqrstuvwxyz0123456789", "echo ghp_" + r},
       }) {
    for (const Line& argv : std::vector<Line>{{"sh", "-c", row.text}, {"ssh", "h", row.text}}) {
      INFO(util::shell_line(argv));
      CHECK(without_secrets(argv).back() == row.expected);
    }
  }
}

TEST_CASE("the same options of other programs are none") {
  for (const Line& argv : std::vector<Line>{
           {"psql", "--password", "prod"},
           {"mysql", "-p", "db"},
           {"mysql", "--password", "db"},
           {"docker", "run", "-p", "80:80", "x"},
           {"gh", "pr", "create", "--body", "text"},
           {"aws", "ec2", "x", "--value", "text"},
           {"curl", "-u", "bob", "h"},
           {"curl", "-d", "-u", "h"},
           {"openssl", "rsa", "-passin", "file:/x"},
           {"htpasswd", "-c", "f", "u"},
           {"mkdir", "mongosh", "-p", "x"},
           {"sh", "-c", "mkdir -p x; mysql; ls -pX"},
           {"sh", "-c", "echo 'mysql -pX'"},
           {"ssh", "h", "mysql", "--password", "prod"},
       }) {
    INFO(util::shell_line(argv));
    CHECK(without_secrets(argv) == argv);
  }
}

TEST_CASE("long command lines are searched for secrets in linear time") {
  for (const char* word : {"mysql", "-p", "openssl", "-k", "a 'b c' d", "rm", "--password"}) {
    for (const char* program : {"openssl", "xargs", "rm"}) {
      Line argv(10'000, word);
      argv[0] = program;
      CHECK(without_secrets(argv).size() == argv.size());
    }
  }
}

}  // namespace jit

#include "context/key_lines.hpp"

#include <catch2/catch.hpp>

using jit::context::without_keys;
using Lines = std::vector<std::string>;

namespace {

const std::string kBegin = "-----BEGIN PRIVATE KEY-----";
const std::string kEnd = "-----END PRIVATE KEY-----";
const std::string kBody(64, 'M');
const std::string kHidden = "[redacted]";

}  // namespace

TEST_CASE("the lines of a private key are hidden, and nothing else") {
  CHECK(without_keys({"a", kBegin, kBody, "ab==", kEnd, kBody}) ==
        Lines{"a", kBegin, kHidden, kHidden, kEnd, kBody});
  CHECK(without_keys({"-----BEGIN CERTIFICATE-----", kBody, "-----END CERTIFICATE-----"})[1] == kBody);
  CHECK(without_keys({kBegin + " " + kEnd, kBody})[1] == kBody);
  CHECK(without_keys({kBegin, kBody}) == Lines{kBegin, kHidden});
}

TEST_CASE("a key is found behind any margin") {
  for (const auto& [before, behind] : std::vector<std::pair<std::string, std::string>>{
           {"  + ", ""}, {"13: ", ""}, {"# ", ""}, {"\"", "\\n\""}, {"> ", "\r"}}) {
    const auto line = [&, a = before, b = behind](const std::string& text) { return a + text + b; };
    CHECK(without_keys({line("-----BEGIN RSA PRIVATE KEY-----"), line("Proc-Type: 4,ENCRYPTED"), line(""),
                        line(kBody), "@@ -1,2 +3,4 @@", line(kBody), line("abcdefgh=="),
                        line("-----END RSA PRIVATE KEY-----")}) ==
          Lines{line("-----BEGIN RSA PRIVATE KEY-----"), line("Proc-Type: 4,ENCRYPTED"), line(""),
                line(kHidden), "@@ -1,2 +3,4 @@", line(kHidden), line(kHidden),
                line("-----END RSA PRIVATE KEY-----")});
  }
  CHECK(without_keys({kBegin, "\x1b[32m" + kBody + "\x1b[0m"})[1].find(kBody) == std::string::npos);
  CHECK(without_keys({"-----BEGIN PGP PRIVATE KEY BLOCK-----", "", kBody, "abcd", "=abcd",
                      "-----END PGP PRIVATE KEY BLOCK-----"}) ==
        Lines{"-----BEGIN PGP PRIVATE KEY BLOCK-----", "", kHidden, kHidden, kHidden,
              "-----END PGP PRIVATE KEY BLOCK-----"});
}

TEST_CASE("nothing that could be a command hides behind the beginning of a key") {
  const Lines script{": '" + kBegin,        "'", "/tmp/w/payload", "reboot", "x=/tmp/w/payload",
                     "drop table payments;"};
  CHECK(without_keys(script) == script);
}

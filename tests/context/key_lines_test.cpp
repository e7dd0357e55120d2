#include "context/key_lines.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using jit::context::KeyLines;

namespace {

// A letter a line: h where it is hidden, s where it is shown.
std::string seen(const std::vector<std::string>& lines) {
  KeyLines keys;
  std::string result;
  for (const auto& line : lines) result += keys.hides(line) ? 'h' : 's';
  return result;
}

}  // namespace

TEST_CASE("the lines of a private key are hidden, and nothing else") {
  CHECK(seen({"a", "-----BEGIN PRIVATE KEY-----", "MIIE+/x", "ab==", "-----END PRIVATE KEY-----", "MIIE"}) ==
        "sshhss");
  CHECK(seen({"  + -----BEGIN RSA PRIVATE KEY-----", "  + Proc-Type: 4,ENCRYPTED",
              "  + DEK-Info: AES-128-CBC,0A", "  +", "  + +MIIE", "  + -----END RSA PRIVATE KEY-----"}) ==
        "shhshs");
  CHECK(seen({"key: '-----BEGIN OPENSSH PRIVATE KEY-----", "    b3BlbnNzaC1rZXk\r", "    ab'", "next: 1",
              "ab"}) == "shhss");
  CHECK(seen({"-----BEGIN CERTIFICATE-----", "MIIE", "-----END CERTIFICATE-----"}) == "sss");
  CHECK(seen({"-----BEGIN PRIVATE KEY----- MIIE -----END PRIVATE KEY-----", "MIIE"}) == "ss");
  // Nothing hides behind the beginning of one but what looks like its lines.
  CHECK(seen({"-----BEGIN PRIVATE KEY-----", "drop table payments;", "MIIE"}) == "sss");
  CHECK(seen({"-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "MIIE"}) == "ssh");
}

#include "signature/ssh_keygen.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "signature/armor.hpp"
#include "signature/keys.hpp"
#include "signature/statement.hpp"
#include "util/error.hpp"

using namespace jit;
using signature::Authority;
using signature::parse_allowed_signers;
using signature::sign;
using signature::why_invalid;

namespace {

util::Time at(const char* text) {
  return *util::parse_rfc3339(text);
}
const util::Time kNow = at("2026-11-22T10:14:00Z");

std::string statement() {
  return signature::to_text(
      {"abcdefghijklmnopqrstuvwxyz", "sha256:00", "approve", "bob", kNow, "fine \"so\"", "local"});
}

Authority authority(const std::string& text) {
  return {parse_allowed_signers(text, "signers"), ""};
}

}  // namespace

TEST_CASE("what is signed is canonical JSON") {
  CHECK(
      statement() ==
      R"({"at":"2026-11-22T10:14:00.000Z","digest":"sha256:00","message":"fine \"so\"",)"
      R"("request":"abcdefghijklmnopqrstuvwxyz","reviewer":"bob","server":"local","v":1,"verdict":"approve"})");
}

TEST_CASE("a signature counts for its text and its signer, and for nothing else") {
  const test::Scratch scratch;
  const std::string key = test::make_key(scratch.path() + "/key");
  const std::string mallory = test::make_key(scratch.path() + "/mallory");
  const auto signers = authority(test::signer_line("bob", key) + test::signer_line("mallory", mallory));
  const std::string good = sign(statement(), key);
  CHECK(why_invalid(statement(), good, "bob", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement() + " ", good, "bob", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), good, "mallory", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), good, "carol", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), sign(statement(), mallory), "bob", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), good + "more", "bob", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), "", "bob", signers, kNow).empty());

  SECTION("also where children are reaped by nobody") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    CHECK(why_invalid(statement(), good, "bob", signers, kNow).empty());
    CHECK_FALSE(why_invalid(statement(), good, "mallory", signers, kNow).empty());
    CHECK(std::signal(SIGCHLD, before) == SIG_IGN);
  }
  SECTION("a revoked key") {
    auto without = signers;
    without.revoked = test::public_half(key) + "\n";
    CHECK(why_invalid(statement(), good, "bob", without, kNow) == "this key is revoked");
  }
  SECTION("who made it is told what it lacks") {
    const std::string strange = test::make_key(scratch.path() + "/strange");
    CHECK(why_invalid(statement(), sign(statement(), strange), "bob", signers, kNow) ==
          "no line of the allowed signers names this key for bob");
    CHECK(why_invalid(statement(), good, "mallory", signers, kNow) ==
          "no line of the allowed signers names this key for mallory");
    CHECK(why_invalid(statement(), good, "carol", signers, kNow) == "the allowed signers do not name carol");
    CHECK(why_invalid(statement() + " ", good, "bob", signers, kNow) ==
          "it is over something else than this request, action, verdict and message");
    const auto over =
        authority(test::signer_line("bob", key, "valid-after=\"20200101Z\",valid-before=\"20260101Z\","));
    CHECK(why_invalid(statement(), good, "bob", over, kNow) ==
          "the line of the allowed signers that names this key for bob is not valid at "
          "2026-11-22T10:14:00.000Z");
    // Both: that it is over does not hide that it is not of this text.
    CHECK_THAT(why_invalid(statement() + " ", good, "bob", over, kNow), Catch::Contains("something else"));
  }
  SECTION("validity is of the time that is given") {
    const auto until = authority(test::signer_line("bob", key, "valid-before=\"20261122Z\","));
    CHECK(why_invalid(statement(), good, "bob", until, at("2026-11-21T23:59:59Z")).empty());
    CHECK_FALSE(why_invalid(statement(), good, "bob", until, at("2026-11-22T00:00:01Z")).empty());
    const auto since = authority(test::signer_line("bob", key, "valid-after=\"20261122Z\","));
    CHECK_FALSE(why_invalid(statement(), good, "bob", since, at("2026-11-21T23:59:59Z")).empty());
    CHECK(why_invalid(statement(), good, "bob", since, at("2026-11-22T00:00:01Z")).empty());
  }
  SECTION("another namespace") {
    const std::string file = scratch.path() + "/text";
    test::write(file, statement());
    test::shell("ssh-keygen -q -Y sign -n git -f " + key + " " + file);
    CHECK_THAT(why_invalid(statement(), test::content(file + ".sig"), "bob", signers, kNow),
               Catch::Contains("something else"));
  }
}

TEST_CASE("a certificate counts for its principals, by a strong key") {
  const test::Scratch scratch;
  const std::string dir = scratch.path();
  const std::string ca = test::make_key(dir + "/ca");
  const auto signers = authority(test::signer_line("bob,carol", ca, "cert-authority,"));
  const auto certified = [&](const std::string& name, const std::string& options,
                             const std::string& principals) {
    const std::string key = test::make_key(dir + "/" + name, options);
    test::shell("ssh-keygen -q -s " + ca + " -I x " + principals + " -V 20260101Z:20270101Z " + key + ".pub");
    // As the agent would: the certificate beside its key.
    test::shell("(eval $(ssh-agent) && ssh-add " + key + " && printf %s '" + statement() + "' > " + key +
                ".text && " + "ssh-keygen -q -Y sign -n jit-run-review -f " + key + "-cert.pub " + key +
                ".text; kill $SSH_AGENT_PID)");
    return test::content(key + ".text.sig");
  };
  const std::string bobs = certified("bob", "-t ed25519", "-n bob");
  CHECK(why_invalid(statement(), bobs, "bob", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), bobs, "carol", signers, kNow).empty());
  CHECK_FALSE(why_invalid(statement(), bobs, "bob", signers, at("2027-02-01T00:00:00Z")).empty());
  CHECK_FALSE(why_invalid(statement(), certified("any", "-t ed25519", ""), "bob", signers, kNow).empty());
  CHECK_THAT(why_invalid(statement(), certified("weak", "-t rsa -b 2048", "-n bob"), "bob", signers, kNow),
             Catch::Contains("2048 bits"));
}

TEST_CASE("a key that is missing, or that no agent has, is an error that says what to do") {
  const test::Scratch scratch;
  CHECK_THROWS_WITH(sign("text", scratch.path() + "/none"), Catch::Contains("signing_key"));
  const std::string key = test::make_key(scratch.path() + "/key");
  test::shell("rm " + key);
  ::unsetenv("SSH_AUTH_SOCK");
  try {
    (void)sign("text", key + ".pub");
    FAIL("signed");
  } catch (const util::Error& error) {
    CHECK_THAT(error.hint(), Catch::Contains("ssh-add"));
  }
  const std::string weak = test::make_key(scratch.path() + "/weak", "-t rsa -b 2048");
  CHECK_THROWS_WITH(sign("text", weak), Catch::Contains("2048 bits"));
}

#include "signature/allowed_signers.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "signature/keys.hpp"
#include "util/error.hpp"

using namespace jit;
using signature::parse_allowed_signers;

namespace {

std::string refusal(const std::string& text) {
  try {
    (void)parse_allowed_signers(text, "signers");
  } catch (const util::UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("who may sign is read, and nothing else is handed on") {
  const test::Scratch scratch;
  const std::string key = test::public_half(test::make_key(scratch.path() + "/key"));
  const std::string other = test::public_half(test::make_key(scratch.path() + "/other"));
  const auto signers =
      parse_allowed_signers("# team\n\nalice namespaces=\"git,jit-run-review\" " + key +
                                " laptop\nbob Namespaces=\"jit-run-review\",valid-before=\"20300101Z\" " +
                                other + "\ncarol namespaces=\"git\" " + key + "\n",
                            "signers");
  CHECK(signers.people == std::set<std::string>{"alice", "bob"});
  CHECK(signers.text == "alice namespaces=\"jit-run-review\" " + key +
                            "\nbob namespaces=\"jit-run-review\",valid-before=\"20300101Z\" " + other + "\n");
}

TEST_CASE("a key is one person's; an authority's certificates say whose each is") {
  const test::Scratch scratch;
  const std::string key = test::public_half(test::make_key(scratch.path() + "/key"));
  const std::string ns = " namespaces=\"jit-run-review\" ";
  CHECK_THAT(refusal("alice,alice-admin" + ns + key), Catch::Contains("one key for alice and alice-admin"));
  CHECK_THAT(refusal("alice" + ns + key + "\nbob" + ns + key),
             Catch::Contains("this key is alice's already"));
  const std::string authority = " cert-authority,namespaces=\"jit-run-review\" " + key + "\n";
  CHECK(parse_allowed_signers("alice" + authority + "bob" + authority, "signers").people ==
        std::set<std::string>{"alice", "bob"});
  CHECK(parse_allowed_signers("alice" + ns + key + "\nalice" + ns + key + "\n", "signers").people.size() ==
        1);
}

TEST_CASE("lines that permit too much or are not understood are refused, with their place") {
  const test::Scratch scratch;
  const std::string key = test::public_half(test::make_key(scratch.path() + "/key"));
  const std::string good = "alice namespaces=\"jit-run-review\" " + key + "\n";
  const std::string ns = " namespaces=\"jit-run-review\" ";
  for (const char* person : {"*", "a*", "?ob", "!bob", "alice,*", "alice,,bob", "\"alice\""}) {
    INFO(person);
    CHECK(refusal(good + person + ns + key).starts_with("signers:2: "));
  }
  CHECK_THAT(refusal("alice " + key), Catch::Contains("without namespaces="));
  CHECK_THAT(refusal("alice cert-authority " + key), Catch::Contains("without namespaces="));
  CHECK_THAT(refusal("alice namespaces=\"*\" " + key), Catch::Contains("wildcard"));
  CHECK_THAT(refusal("alice namespace=\"jit-run-review\" " + key), Catch::Contains("did you mean"));
  CHECK_THAT(refusal("alice namespaces=jit-run-review " + key), Catch::Contains("quotes"));
  CHECK_THAT(refusal("alice namespaces=\"jit-run-review\",namespaces=\"git\" " + key),
             Catch::Contains("twice"));
  CHECK_THAT(refusal("alice namespaces=\"jit-run-review\",valid-before=\"tomorrow\" " + key),
             Catch::Contains("time"));
  CHECK_THAT(refusal("alice namespaces=\"jit-run-review\", " + key), Catch::Contains("comma"));
  CHECK_THAT(refusal("alice" + ns + "ssh-ed25519 AAAA"), Catch::Contains("no public key"));
  CHECK_THAT(refusal("alice" + ns + "ssh-rsa" + key.substr(key.find(' '))), Catch::Contains("no public key"));
  CHECK_THAT(refusal("alice" + ns + key + "\r\n"), Catch::Contains("control character"));
  CHECK_THAT(refusal("alice namespaces=\"jit-run-review " + key), Catch::Contains("quote"));
  CHECK_THAT(refusal("alice"), Catch::Contains("namespaces"));
}

TEST_CASE("weak keys may not sign") {
  const test::Scratch scratch;
  const std::string dir = scratch.path();
  CHECK_THAT(refusal(test::signer_line("alice", test::make_key(dir + "/r2", "-t rsa -b 2048"))),
             Catch::Contains("2048 bits"));
  CHECK_THAT(refusal(test::signer_line("alice", test::make_key(dir + "/d", "-t dsa"))),
             Catch::Contains("DSA"));
  CHECK(refusal(test::signer_line("alice", test::make_key(dir + "/r3", "-t rsa -b 3072"))).empty());
  for (const char* bits : {"256", "384", "521"})
    CHECK(refusal(test::signer_line("alice",
                                    test::make_key(dir + "/e" + bits, std::string("-t ecdsa -b ") + bits)))
              .empty());
}

TEST_CASE("the files must be trustworthy, and a revocation list must revoke") {
  const test::Scratch scratch;
  const std::string file = scratch.path() + "/signers";
  const std::string line = test::signer_line("alice", test::make_key(scratch.path() + "/key"));
  CHECK_THROWS_AS(signature::load_allowed_signers(file), util::UsageError);
  test::write(file, line);
  ::chmod(file.c_str(), 0644);
  CHECK(signature::load_allowed_signers(file).people.size() == 1);
  ::chmod(file.c_str(), 0666);
  CHECK_THROWS_AS(signature::load_allowed_signers(file), util::UsageError);

  const std::string revoked = scratch.path() + "/revoked";
  for (const char* text : {"", "# nobody\n", "alice\n", "ssh-ed25519 AAAA\n"}) {
    INFO(text);
    test::write(revoked, text);
    ::chmod(revoked.c_str(), 0644);
    CHECK_THROWS_AS(signature::load_revoked_signers(revoked), util::UsageError);
  }
  test::write(revoked, "# lost\n" + test::public_half(scratch.path() + "/key") + " laptop\n");
  CHECK(signature::load_revoked_signers(revoked) == test::public_half(scratch.path() + "/key") + "\n");
}

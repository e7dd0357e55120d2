#include "util/digest.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "util/error.hpp"

using namespace jit::util;

TEST_CASE("SHA-256 gives what FIPS 180-4's examples say, whole or in pieces") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 pieces;
  for (const char c : std::string("abc")) pieces.update({&c, 1});
  CHECK(pieces.finish() == sha256("abc"));
  CHECK(sha256(std::string("a\0b", 3)) != sha256("ab"));
}

TEST_CASE("HMAC-SHA-256 gives what RFC 4231 says") {
  CHECK(hmac_sha256(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("random bytes are as many as wanted, and never the same") {
  CHECK(random_bytes(0).empty());
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    CHECK(random_bytes(16).size() == 16);
    seen.insert(random_bytes(16));
  }
  CHECK(seen.size() == 100);
  CHECK(random_bytes(1U << 20U).size() == 1U << 20U);
}

TEST_CASE("a digest has one form, and an empty one equals nothing") {
  const std::string text = "sha256:" + sha256("abc");
  CHECK(Digest(text) == Digest::of("abc"));
  CHECK(Digest(text).text() == text);
  CHECK_FALSE(Digest(text) == Digest::of("abd"));
  CHECK_FALSE(Digest() == Digest());
  CHECK_FALSE(Digest() == Digest::of(""));
  for (const std::string& bad :
       {std::string(), std::string("sha256:"), sha256("abc"), text + "0", text.substr(0, 70),
        "SHA256:" + sha256("abc"), "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'),
        "sha512:" + sha256("abc"), " " + text}) {
    INFO(bad);
    CHECK_THROWS_AS(Digest(bad), Error);
  }
}

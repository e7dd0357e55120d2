#include "service/reach.hpp"

#include <catch2/catch.hpp>

#include "signature/keys.hpp"

using namespace jit;
using service::why_out_of_reach;

namespace reach_test {

struct World {
  test::Scratch scratch;
  policy::Set set = policy::Set::none();

  void load(const std::string& more) {
    test::write(scratch / "policy.yaml",
                "version: 1\ngroups: {sre: [alice, bob, carol], empty: []}\n"
                "rules: [{name: all, match: {}, effect: ask}]\n" +
                    more);
    set = policy::Set::load_all({scratch / "policy.yaml"});
  }
  std::string why(std::vector<policy::Requirement::Seats> from, bool is_signed = false) const {
    policy::Requirement requirement;
    requirement.from = std::move(from);
    requirement.signatures = is_signed;
    return why_out_of_reach(set, requirement, {"alice", "", false});
  }
};

TEST_CASE("who waits in vain is told who is missing") {
  World world;
  world.load("");
  CHECK(world.why({}).empty());
  CHECK(world.why({{{"sre", 2}}}).empty());
  CHECK(world.why({{{"sre", 3}}}) == "1 of sre is missing: only bob, carol can give an approval");
  CHECK(world.why({{{"empty", 2}}}) == "2 of empty are missing: nobody can give an approval");
  CHECK(
      world.why({{{"sre", 3}, {"empty", 1}}, {{"empty", 1}}}) ==
      "1 of empty and 1 of sre are missing; or 1 of empty is missing: only bob, carol can give an approval");
  CHECK(world.why({{{"empty", 1}}, {{"sre", 1}}}).empty());
}

TEST_CASE("where only signatures count, who has no key is missing") {
  World world;
  const std::string signers = world.scratch / "signers";
  const std::string line = test::signer_line("carol", test::make_key(world.scratch / "key"));
  test::write(signers, line);
  world.load("allowed_signers: signers\n");
  CHECK(world.why({{{"sre", 1}}}, true).empty());
  CHECK(world.why({{{"sre", 2}}}, true) == "1 of sre is missing: bob has no key among the allowed signers");
  // A key of one's own does not help, and the lack of one is not what is missing.
  CHECK(world.why({{{"sre", 2}}}).empty());
  test::write(signers, line + "nonsense\n");
  CHECK(world.why({{{"sre", 1}}}, true).find("signers:2: ") != std::string::npos);
}

}  // namespace reach_test

#include "backend/backend.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "backend/identity.hpp"
#include "support/children.hpp"
#include "support/scratch.hpp"
#include "util/error.hpp"
#include "util/user.hpp"

using namespace jit;
using namespace jit::backend;

namespace {

std::shared_ptr<const util::Json> facts() {
  return std::make_shared<const util::Json>(
      util::Json{{"command", {{"argv", {"x"}}, {"line", "x"}, {"name", "x"}, {"path", "/x"}}}});
}

}  // namespace

TEST_CASE("the scheme of a URL chooses the backend, and an unknown one is a usage error") {
  const auto set = policy::Set::none();
  const test::Scratch scratch;
  for (const char* url : {"", "locl:", "gopher://x", "LOCAL", "local:", "local:here", "local:./x", "://"}) {
    INFO(url);
    CHECK_THROWS_AS(open({url, scratch.path(), &set, policy::Effect::ask}), util::UsageError);
  }
  CHECK_THROWS_WITH(open({"locl", scratch.path(), &set, policy::Effect::ask}),
                    Catch::Contains("did you mean \"local\""));
  try {
    open({"gopher://x", scratch.path(), &set, policy::Effect::ask});
  } catch (const util::UsageError& error) {
    CHECK(error.hint().find("local") != std::string::npos);
  }
}

TEST_CASE("local keeps its store under the state directory, local:DIRECTORY where it says") {
  CHECK(local_directory("local", "/state") == "/state/store");
  CHECK(local_directory("local:/srv/jit", "/state") == "/srv/jit");
  CHECK_FALSE(local_directory("https://example.org", "/state"));
  CHECK_THROWS_AS(local_directory("local:srv", "/state"), util::UsageError);

  const auto set = policy::Set::none();
  const test::Scratch scratch;
  (void)open({"local", scratch / "state", &set, policy::Effect::ask});
  CHECK(::access((scratch / "state/store/jit-run.db").c_str(), F_OK) == 0);
}

TEST_CASE("without policies there is no embedded store") {
  const test::Scratch scratch;
  CHECK_THROWS_AS(open({"local", scratch.path(), nullptr, policy::Effect::ask}), util::Error);
}

TEST_CASE("who somebody is, no variable decides") {
  const std::string before = this_process().name;
  for (const char* variable : {"USER", "LOGNAME", "SUDO_USER", "SUDO_UID"}) ::setenv(variable, "mallory", 1);
  CHECK(this_process().name == before);
  for (const char* variable : {"USER", "LOGNAME", "SUDO_USER", "SUDO_UID"}) ::unsetenv(variable);
  CHECK(util::user_name(0) == "root");
  CHECK(util::user_name(987654321) == "uid:987654321");
}

TEST_CASE("the real uid is the identity, and only root is an operator") {
  if (::geteuid() != 0) return;  // Only root can be somebody else.
  CHECK(this_process().is_operator);
  const auto codes = test::in_parallel(1, [](int) {
    if (::setresuid(54321, 0, 0) != 0) return 1;
    const auto self = this_process();
    return self.name == "uid:54321" && !self.is_operator ? 0 : 2;
  });
  CHECK(codes.front() == 0);
}

namespace {

policy::Verdict asks() {
  policy::Verdict verdict;
  verdict.effect = policy::Effect::ask;
  verdict.requirement.self = true;
  return verdict;
}

}  // namespace

TEST_CASE("the first try works: no policy, one machine, and the requester approves themselves") {
  const auto set = policy::Set::none();
  const test::Scratch scratch;
  const auto backend = open({"local:" + (scratch / "store"), "", &set, policy::Effect::ask});
  const auto asked = std::get<approval::View>(backend->ask({facts(), "", "", {}}));
  CHECK(asked.request.requester == backend->self().name);
  CHECK(backend->can_review(asked));
  const auto id = asked.request.id;
  CHECK(std::get<approval::RequestId>(backend->find(id.brief())) == id);
  const auto approved =
      std::get<approval::View>(backend->review(id, approval::ReviewVerdict::approve, "", {}));
  CHECK(approved.request.state == approval::State::approved);
  CHECK(backend->list({}).size() == 1);
  CHECK(std::get<Claimed>(backend->claim(id, facts(), asks())).permit);
  CHECK(std::holds_alternative<approval::View>(backend->report(id, {{"exit", 0}})));
  CHECK(backend->get(id)->request.state == approval::State::finished);
  CHECK(backend->watch(id)->fd() >= 0);
}

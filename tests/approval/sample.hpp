#pragma once
// A request to judge, and people to judge it.
#include <memory>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/life_cycle.hpp"
#include "approval/request.hpp"

namespace jit::approval::sample {

inline const util::Time kStart{std::chrono::milliseconds{1'700'000'000'123}};

inline util::Time after(util::Millis passed) {
  return kStart + passed;
}

inline Actor person(const std::string& name, const std::string& login = "") {
  return {name, login, false};
}

inline policy::Roster roster() {
  return {{"sre", {"alice", "bob", "carol"}}, {"dba", {"dora", "bob"}}};
}

inline policy::Requirement two_of_sre() {
  policy::Requirement requirement;
  requirement.from = {{{"sre", 2}}};
  requirement.expires = std::chrono::minutes{15};
  requirement.valid_for = std::chrono::minutes{5};
  return requirement;
}

inline policy::Verdict ask_for(const policy::Requirement& requirement) {
  policy::Verdict verdict;
  verdict.effect = policy::Effect::ask;
  verdict.rules = {"deletes"};
  verdict.requirement = requirement;
  return verdict;
}

inline std::shared_ptr<const util::Json> context(const std::string& line = "kubectl delete ns x") {
  return std::make_shared<const util::Json>(util::Json{{"command", {{"line", line}}}});
}

inline util::Digest digest(const std::string& of) {
  return util::Digest::of(of);
}

inline util::Digest digest() {
  return bound_digest(*context());
}

/// Asked by alice at kStart.
inline Request pending(const policy::Requirement& requirement = two_of_sre()) {
  const Asked asked{digest(), context(), ask_for(requirement), person("alice"), "a reason", "OPS-1", {}};
  return make_request(asked, RequestId::random(), kStart).request;
}

inline policy::Requirement one_of_anyone() {
  policy::Requirement requirement;
  requirement.valid_for = std::chrono::minutes{5};
  return requirement;
}

/// Asked by alice at kStart, approved by bob (and carol) a second later.
inline Request approved(const policy::Requirement& requirement = two_of_sre()) {
  Request request = pending(requirement);
  for (const char* name : {"bob", "carol"}) {
    auto result = apply(request, Approve{person(name), ""}, roster(), after(std::chrono::seconds{1}));
    if (auto* transition = std::get_if<Transition>(&result)) request = transition->request;
  }
  return request;
}

inline Claim claim(const Request& request, const policy::Requirement& now_required) {
  return {person(request.requester), request.digest, {}, ask_for(now_required)};
}

inline Claim claim(const Request& request) {
  return claim(request, request.requirement);
}

}  // namespace jit::approval::sample

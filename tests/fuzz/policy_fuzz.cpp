// A policy's text: it loads or is refused with a place, and what loads can be judged by and comes back from
// its compiled form as the same.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "policy/policy_set.hpp"
#include "policy/policy_tests.hpp"
#include "yaml/document.hpp"

namespace {

using namespace jit;

policy::Verdict judge(const policy::Set& set, const std::vector<std::string>& argv,
                      std::vector<policy::RuleTrace>* trace) {
  context::Document document(
      util::Json{{"command", {{"argv", argv}}}, {"user", {{"name", "alice"}, {"uid", 0}}}});
  return policy::evaluate(set, document, policy::Effect::ask, trace);
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const auto set = policy::Set::from_texts({{"fuzz", text}});
    const auto again = policy::Set::from_compiled(std::string(set.compiled_form()));
    require(again.has_value());
    for (const std::vector<std::string>& argv :
         {std::vector<std::string>{"kubectl", "--context", "prod-eu", "delete", "ns"},
          {"sh", "-c", "git push -f | env x"},
          {"ls"}}) {
      std::vector<policy::RuleTrace> trace;
      const auto verdict = judge(set, argv, &trace);
      const auto same = judge(*again, argv, nullptr);
      require(verdict.effect == same.effect && verdict.rules == same.rules);
      require(verdict.requirement == same.requirement);
      require(verdict.effect == policy::Effect::ask || !verdict.rules.empty());
    }
    (void)policy::run_tests(set);
  } catch (const yaml::LoadError& error) {
    require(!error.problems().empty());
    for (const auto& problem : error.problems()) {
      require(problem.mark.line >= 1 && problem.mark.column >= 1 && !problem.text.empty());
      require(problem.line().find('\n') == std::string::npos);
    }
  }
  return 0;
}

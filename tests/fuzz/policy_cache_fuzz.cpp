// The compiled form of a policy set, from a foreign hand: it is refused, or evaluation stays within its
// bytes.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "policy/policy_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jit;
  const auto set = policy::Set::from_compiled({reinterpret_cast<const char*>(data), size});
  if (!set) return 0;
  context::Document document(
      util::Json{{"command", {{"argv", {"kubectl", "--context", "prod-eu", "delete", "ns"}}}},
                 {"user", {{"name", "alice"}, {"uid", 0}, {"groups", {"a", "b"}}}}});
  std::vector<policy::RuleTrace> trace;
  (void)policy::evaluate(*set, document, policy::Effect::ask, &trace);
  (void)policy::evaluate(*set, document, policy::Effect::ask);
  return 0;
}

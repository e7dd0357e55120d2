#pragma once
#include <optional>
#include <variant>

#include "approval/life_cycle.hpp"
#include "policy/verdict.hpp"

namespace jit::approval {

/// The proof that this process may run this action now. There are two ways to one, a verdict that allows, and
/// a claim that was granted, here or by a backend; and break-glass, where a rule permits it. Without it
/// nothing starts (run::exec).
class Permit {
 public:
  /// nullopt unless the verdict is exactly `allow`.
  static std::optional<Permit> from_verdict(const policy::Verdict& verdict);
  /// nullopt unless `claimed` is what a granted claim of `digest` made of the request (started, or approved
  /// with uses left).
  static std::optional<Permit> from_claim(const Transition& claimed, const RequestId& id,
                                          const util::Digest& digest);
  /// The same by the word of a backend in another process: it says that it granted the claim, after which
  /// `request` is as it gave it. nullopt unless that is this request, for `digest` or, where the caller has
  /// found that it may be, `for_any_of_rule`, in such a state.
  static std::optional<Permit> from_backend(bool granted, const Request& request, const RequestId& id,
                                            const util::Digest& digest, bool for_any_of_rule = false);
  /// nullopt unless `request` has started without an approval, by break-glass, just now: the caller has asked
  /// for that, and the policies that it goes by permit it.
  static std::optional<Permit> by_break_glass(const Request& request);

 private:
  Permit() = default;
};

}  // namespace jit::approval

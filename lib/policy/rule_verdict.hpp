#pragma once
#include "policy/verdict.hpp"

namespace jit::policy {

namespace compiled {
struct Rule;
}

Effect effect_of(const compiled::Rule& rule);
/// What a rule says by itself, whatever the command: without previews, and with "owners" as it is written.
Verdict verdict_of_rule(const compiled::Rule& rule);

}  // namespace jit::policy

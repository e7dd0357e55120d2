#pragma once
#include <functional>
#include <memory>
#include <string>

#include "context/collector.hpp"
#include "live/probe.hpp"
#include "policy/policy_set.hpp"

namespace jit::cli {

/// What asks the sources of warnings of a policy set, as it is when it is asked: `policies` must outlive it.
/// The helper program that does it, and what it has said, are kept as long as this is.
context::AskWarnings ask_warnings(const policy::Set& policies, std::shared_ptr<live::Probe> probe);

}  // namespace jit::cli

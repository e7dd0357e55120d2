#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "approval/permit.hpp"
#include "backend/backend.hpp"
#include "run/status_stream.hpp"
#include "terminal/render.hpp"

namespace jit::gate {

/// The own exit codes of jit-run (design, section 3).
enum class Exit {
  denied = 113,
  expired = 114,
  withdrawn = 115,
  changed = 116,
  unavailable = 117,
  usage = 125
};

/// How one wait ended: a permit, or an exit code whose reason has been said on stderr.
using Result = std::variant<approval::Permit, Exit>;

struct WaitOptions {
  bool quiet = false;
  terminal::Color color = terminal::Color::off;
};

/// Collects the context anew, for the claim.
using Collect = std::function<std::shared_ptr<const util::Json>()>;

/// Waits until the request is decided, says meanwhile on stderr whom it waits for, and claims it. INT, TERM
/// and HUP withdraw the request (within 2 s) and then end this process by that same signal. The process is
/// left as it was found: signal mask and dispositions restored, descriptors closed.
Result wait_and_claim(backend::Backend& backend, const approval::View& asked, const Collect& collect,
                      run::StatusStream& status, const WaitOptions& options);

}  // namespace jit::gate

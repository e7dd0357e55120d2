#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "approval/permit.hpp"
#include "backend/backend.hpp"
#include "gate/signals.hpp"
#include "run/status_stream.hpp"

namespace jit::gate {

/// The own exit codes of jit-run; chosen to collide with nothing in common use.
enum class Exit {
  denied = 113,
  expired = 114,
  withdrawn = 115,
  changed = 116,
  unavailable = 117,
  usage = 125
};

/// What may run: the proof, and what is to be kept of it for which request.
struct Granted {
  approval::Permit permit;
  std::optional<approval::Request> request{};  // as it was started; none where nobody was asked
  policy::Record record = policy::Record::none;
};

/// How one gated run ended: with what may run, or an exit code whose reason has been said on stderr.
using Result = std::variant<Granted, Exit>;

/// An action as it is, and what the policies here say of it.
struct Action {
  std::shared_ptr<const util::Json> context;
  policy::Verdict verdict;
};
/// Collects and judges it anew, for the claim of this request or, without one, to ask again. Throws Error
/// when a signal came meanwhile.
using Collect =
    std::function<Action(const SignalWatch& signals, const std::optional<approval::RequestId>& claimed)>;

/// What a wait needs besides the request.
struct Waiting {
  backend::Backend& backend;
  Collect collect;
  run::StatusStream& status;
  bool quiet = false;
  bool retry_changed = false;  // ask anew, at once, when what would run is not what was approved
  policy::Verdict first{};     // what the policies here said of the action
  /// Why by the policies here it could not be approved as things are; empty when it could, or they cannot
  /// tell.
  std::string out_of_reach{};
};

/// Posts the request, waits until it is decided, says meanwhile on stderr whom it waits for, and claims it.
/// INT, TERM and HUP withdraw the request (within 2 s) and then end this process by that same signal. The
/// process is left as it was found: dispositions restored, descriptors closed. Throws util::Error when the
/// backend fails before it has asked; a backend that is away meanwhile is waited for, as long as the request
/// may be open.
Result ask_and_wait(const Waiting& waiting, const backend::NewRequest& request);

/// The same for a request that was posted earlier (`--request`): `id_or_prefix` must name a request of this
/// user for this same action.
/// After `at_most` it stops waiting, and the request waits on.
Result resume(const Waiting& waiting, const std::string& id_or_prefix, std::optional<util::Millis> at_most);

/// Posts the request, which starts at once by break-glass and is reviewed afterwards; says so on stderr.
Result break_glass(const Waiting& waiting, const backend::NewRequest& request);

/// Posts the request and does not wait. Prints its id on stdout. Gives jit-run's exit code.
int post_only(const Waiting& waiting, const backend::NewRequest& request);

/// Says that a policy denies it, and which, and because of which warnings.
Exit denied(run::StatusStream& status, const policy::Verdict& verdict,
            const std::vector<std::string>& warnings = {});
/// That an approved request of this user's stands although it is denied now, and until when.
void say_what_stands(backend::Backend& backend, const std::string& id_or_prefix);

/// "jit-run: text" on stderr.
void say(const std::string& text);
/// "hint: text" on stderr: what to do about what was said.
void hint(const std::string& text);

}  // namespace jit::gate

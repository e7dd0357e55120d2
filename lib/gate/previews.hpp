#pragma once
#include <string>
#include <vector>

#include "context/file_hashes.hpp"
#include "gate/signals.hpp"
#include "policy/verdict.hpp"
#include "util/json.hpp"

namespace jit::gate {

/// What a preview that cannot be made means.
enum class Unmade {
  ends,     // before somebody is asked: there is nothing to ask about
  differs,  // at the claim: it is not what was approved; only one that was late says nothing
  is_told   // break-glass: nothing stands in its way, and whoever reviews it afterwards is told
};

/// What making previews needs.
struct PreviewTools {
  context::FileHashes& hashes;
  const std::string& secret_key;  // salts the fingerprints of what is not shown
  const SignalWatch& signals;
  bool quiet = false;
};

/// Runs each, as this user, in this directory and with this environment, and gives the entries of the
/// context's `preview`:
/// {"rule", "argv", "path", "sha256", "exit", "lines": [...], "ignored": [{"after": 3, "line": "..."}]},
/// where the program could not be hashed "stamp", where something is not shown as it was "fingerprint", and
/// where it could not be made "why". Throws UsageError or Error as `unmade` says, and Error when a signal
/// came.
util::Json make_previews(const std::vector<policy::Preview>& previews, const PreviewTools& tools,
                         Unmade unmade);

}  // namespace jit::gate

#include "approval/by_button.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/source.hpp"

namespace jit::approval {

namespace {

// A variable that changes what runs, as LD_PRELOAD does, wants more than a glance. What PATH and HOME, which
// most people have in a way of their own, have come to is shown: the program.
bool is_unsafe(const Request& request) {
  const auto* unsafe = request.context ? context::find_in(*request.context, "unsafe_env") : nullptr;
  if (unsafe == nullptr || !unsafe->is_object()) return false;
  const auto variables = unsafe->items();
  return std::any_of(variables.begin(), variables.end(), [](const auto& variable) {
    return variable.key() != "PATH" && variable.key() != "HOME";
  });
}

}  // namespace

ByButton by_button(const Request& request) {
  if (request.state != State::pending || request.requirement.signatures) return ByButton::nothing;
  const bool has_input = request.requirement.bind_input ||
                         (request.context && context::find_in(*request.context, "command.stdin") != nullptr);
  const bool wants_full_view =
      is_unsafe(request) || has_input || !request.requirement.previews.empty() || request.earlier;
  return wants_full_view ? ByButton::deny : ByButton::approve_or_deny;
}

std::string approve_line(const Request& request) {
  return "jit-approve approve " + request.id.text() + (request.requirement.signatures ? " --sign" : "");
}

}  // namespace jit::approval

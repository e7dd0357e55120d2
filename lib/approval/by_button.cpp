#include "approval/by_button.hpp"

#include "context/source.hpp"

namespace jit::approval {

ByButton by_button(const Request& request) {
  if (request.state != State::pending || request.requirement.signatures) return ByButton::nothing;
  const bool has_input = request.requirement.bind_input ||
                         (request.context && context::find_in(*request.context, "command.stdin") != nullptr);
  const bool wants_full_view = has_input || !request.requirement.previews.empty() || request.earlier;
  return wants_full_view ? ByButton::deny : ByButton::approve_or_deny;
}

std::string approve_line(const Request& request) {
  return "jit-approve approve " + request.id.text() + (request.requirement.signatures ? " --sign" : "");
}

}  // namespace jit::approval

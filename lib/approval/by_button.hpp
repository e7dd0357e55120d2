#pragma once
#include "approval/request.hpp"

namespace jit::approval {

/// What can be decided where only a message about a request is seen, which shows a part of it: by a button in
/// a chat. The zero value is the safe one.
enum class ByButton {
  nothing,         // it is decided, or only signed approvals count
  deny,            // what decides stands nowhere but in the full view
  approve_or_deny  // where the message shows all of its texts, too
};
ByButton by_button(const Request& request);

/// "jit-approve approve ID", with "--sign" where only that counts.
std::string approve_line(const Request& request);

}  // namespace jit::approval

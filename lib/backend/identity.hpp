#pragma once
#include <string>

#include "approval/request.hpp"

namespace jit::backend {

/// Who runs this process: its real uid, which no variable can change, and who logged in
/// (/proc/self/loginuid, for root else SUDO_UID), where that is known. root is an operator.
approval::Actor this_process();

/// Why the user id or the clock of this process cannot be taken for what they are to others on this machine:
/// it runs in namespaces of its own, which anybody can make. Empty where they can.
std::string why_not_oneself();

}  // namespace jit::backend

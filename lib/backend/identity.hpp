#pragma once
#include <sys/types.h>

#include <string>

#include "approval/request.hpp"

namespace jit::backend {

/// A person by the system's user database; "uid:1234" for a uid that it does not know.
std::string user_name(uid_t uid);

/// Who runs this process: its real uid, which no variable can change, and who logged in
/// (/proc/self/loginuid, for root else SUDO_UID), where that is known. root is an operator.
approval::Actor this_process();

/// Why the user id or the clock of this process cannot be taken for what they are to others on this machine:
/// it runs in namespaces of its own, which anybody can make. Empty where they can.
std::string why_not_oneself();

}  // namespace jit::backend

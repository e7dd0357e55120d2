#pragma once
#include <sys/types.h>

#include <string>

#include "approval/request.hpp"

namespace jit::backend {

/// A person by the system's user database; "uid:1234" for a uid that it does not know.
std::string user_name(uid_t uid);

/// Who runs this process: its real uid, which no variable can change, and who logged in
/// (/proc/self/loginuid), where the kernel knows. root is an operator.
approval::Actor this_process();

}  // namespace jit::backend

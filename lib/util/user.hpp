#pragma once
#include <sys/types.h>

#include <string>

namespace jit::util {

/// A person by the system's user database; "uid:1234" for a uid that it does not know.
std::string user_name(uid_t uid);

}  // namespace jit::util

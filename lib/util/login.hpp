#pragma once
#include <sys/types.h>

#include <optional>

namespace jit::util {

/// The user id with which this process' session logged in, which su and sudo do not change (audit's loginuid,
/// proc(5)). nullopt where the kernel keeps none, and where nobody has logged in (cron, a service, a
/// container).
std::optional<uid_t> login_uid();
/// The same of another process, as long as /proc shows it to us.
std::optional<uid_t> login_uid(pid_t process);

}  // namespace jit::util

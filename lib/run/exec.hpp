#pragma once
#include <string>
#include <vector>

#include "approval/permit.hpp"

namespace jit::run {

/// Turns this process into the command: execve of exactly `path` with `argv` and this process's environment
/// as it is; a file without a known format is run by /bin/sh, as execvp (POSIX.1-2017) does. Comes back only
/// on failure, with errno.
int exec(const approval::Permit& permit, const std::string& path, const std::vector<std::string>& argv);

/// The exit code for a command that cannot be started: 127 for ENOENT, 126 otherwise.
int exit_code_of(int error);

}  // namespace jit::run

#pragma once
#include <string>
#include <vector>

#include "approval/permit.hpp"

namespace jit::run {

/// Turns this process into the command: execve of the file at `path` (absolute) with `argv` and this
/// process's environment as it is; a file without a known format is run by /bin/sh, as execvp (POSIX.1-2017)
/// does. Comes back only on failure, with errno.
int exec(const approval::Permit& permit, const std::string& path, const std::vector<std::string>& argv);

/// How execvp would have spelled `path`, found for `name` in `path_variable` (nullptr: PATH is not set) and
/// the working directory `cwd`: a script sees that spelling as its $0. Decided by the text alone: a spelling
/// that does not name the same place is not used, then it is `path` itself.
std::string spelling_of(const std::string& path, const std::string& name, const char* path_variable,
                        const std::string& cwd);

/// The exit code for a command that cannot be started: 127 for ENOENT, 126 otherwise.
int exit_code_of(int error);

}  // namespace jit::run

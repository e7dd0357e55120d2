#pragma once
#include <memory>
#include <string>

#include "backend/backend.hpp"

namespace jit::backend {

/// A backend in a program of its own, which speaks the protocol of PROTOCOL.md. What it answers is checked as
/// anybody's word is: that it is about the request that was asked about, that its digest stands for the
/// context that it shows and, before a permit, for the context that was collected here.

/// Where the program for a URL's scheme is: "jit-backend-" and the scheme ("http" for https, http and unix)
/// in the libexec directory, then in `helper_path`, which must be trustworthy. Throws UsageError when there
/// is none.
std::string find_helper(const Options& options);

/// Starts it. Throws Error when it cannot be started or does not answer, UsageError when it says that a
/// setting is wrong.
std::unique_ptr<Backend> open_helper(const std::string& program, const Options& options);

}  // namespace jit::backend

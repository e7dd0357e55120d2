#pragma once
#include <string>

#include "cli/server/options.hpp"

namespace jit::cli::server {

/// What it takes to serve, looked at without making anything; and every setting with where it comes from.
int check(const Options& options);

int create_token(const Options& options);
int list_tokens(const Options& options);
int revoke_token(const Options& options);

/// Who does it, for the trail.
std::string this_user();

}  // namespace jit::cli::server

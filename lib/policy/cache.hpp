#pragma once
#include <optional>
#include <string>
#include <vector>

#include "policy/compile.hpp"
#include "policy/policy_files.hpp"
#include "policy/policy_set.hpp"

namespace jit::policy {

/// The compiled form of these files, when the cache has it: the same files, in the same order, each the same
/// by identity, compiled by this version. nullopt for whatever is not so: a cache is never a reason to fail.
std::optional<Bytes> load_cache(const Cache& cache, const std::string& path,
                                const std::vector<PolicyFile>& files);

/// Keeps the compiled form of `path` for the next time, unless a file is so new that it could still change
/// within the same tick of its clock. Silent failure is safe: the set is then compiled again.
void store_cache(const Cache& cache, const std::string& path, const std::vector<PolicyFile>& files,
                 std::string_view bytes);

/// Where it is kept.
std::string cache_path(const Cache& cache, const std::string& path);

}  // namespace jit::policy

#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "context/collector.hpp"
#include "context/program.hpp"
#include "policy/policy_set.hpp"
#include "policy/verdict.hpp"

namespace jit::cli {

/// The exit codes of what could not be done (jit-run's own are in gate/gate.hpp, and the same).
inline constexpr int kUsage = 125;
inline constexpr int kUnavailable = 117;

/// The one catch of every program: runs `body` and maps what it throws to messages ("program: what", "hint:
/// …") and exit codes: UsageError 125, every other error 117.
int guarded(const char* program, const std::function<int()>& body);

/// "program: text" on stderr, made visible; and what to do about it, if anything, as "hint: …".
void say(const char* program, const std::string& text, const std::string& hint = {});

/// The set that the settings name; Set::none() where nothing is installed.
policy::Set load_policies(const config::Settings& settings);
policy::Cache cache_of(const config::Settings& settings);
/// Where the policies are; nullopt where nothing is installed.
std::optional<std::string> policies_path(const config::Settings& settings);
/// The settings that a backend's helper is told, those of them that are set.
std::map<std::string, std::string> helper_settings(const config::Settings& settings);
/// The setting `default`.
policy::Effect fallback_of(const config::Settings& settings);
/// What the policies say of a command: as it is shown to others and, where that has something redacted, also
/// as it was typed. The stricter verdict stands.
policy::Verdict judge(const policy::Set& policies, context::Collector& collector, policy::Effect fallback);

/// Where a program is for this process: its PATH and its working directory.
context::Program find_program_here(const std::string& name);

}  // namespace jit::cli

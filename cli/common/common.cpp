#include "cli/common/common.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>

#include "policy/evaluate.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace jit::cli {
namespace {

constexpr const char* kSystemPolicies = "/etc/jit-run/policies";

// A preview made with what is redacted would show it to everybody.
void hide_previews(policy::Verdict& as_typed, const policy::Verdict& shown) {
  const auto& known = shown.requirement.previews;
  for (auto& preview : as_typed.requirement.previews) {
    if (std::find(known.begin(), known.end(), preview) != known.end()) continue;
    preview.argv.clear();
    preview.why = "it is about something that is redacted";
  }
}

}  // namespace

void say(const char* program, const std::string& text, const std::string& hint) {
  std::string lines;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    lines += std::string(program) + ": " + util::visible(line) + "\n";
    if (end == std::string::npos) break;
    start = end + 1;
  }
  if (!hint.empty()) lines += "hint: " + util::visible(hint) + "\n";
  // Nothing is lost that could be said elsewhere: a closed stderr must not stop a decision.
  (void)util::write_all(STDERR_FILENO, lines);
}

int guarded(const char* program, const std::function<int()>& body) {
  const auto complain = [&](const util::Error& error, int code) {
    say(program, error.what(), error.hint());
    return code;
  };
  try {
    return body();
  } catch (const util::UsageError& error) {
    return complain(error, kUsage);
  } catch (const util::Error& error) {
    return complain(error, kUnavailable);
  } catch (const std::exception& error) {
    say(program, std::string("internal error: ") + error.what());
    return kUnavailable;
  }
}

std::optional<std::string> policies_path(const config::Settings& settings) {
  if (auto path = settings.find("policies")) return path;
  // A directory that exists but cannot be looked into is not "nothing installed": loading it then says why.
  struct stat status {};
  if (::stat(kSystemPolicies, &status) == 0 || errno != ENOENT) return kSystemPolicies;
  return std::nullopt;
}

policy::Cache cache_of(const config::Settings& settings) {
  return {settings.policies_guarded ? "/var/cache/jit-run" : settings.cache_directory,
          settings.policies_guarded};
}

policy::Set load_policies(const config::Settings& settings) {
  const auto path = policies_path(settings);
  return path ? policy::Set::load(*path, cache_of(settings)) : policy::Set::none();
}

std::map<std::string, std::string> helper_settings(const config::Settings& settings) {
  std::map<std::string, std::string> told;
  for (const char* name : {"token_file", "ca_file", "client_cert", "client_key"}) {
    if (auto value = settings.find(name)) told[name] = std::move(*value);
  }
  return told;
}

policy::Effect fallback_of(const config::Settings& settings) {
  const std::string value = settings.find("default").value_or("ask");
  if (value == "allow") return policy::Effect::allow;
  if (value == "deny") return policy::Effect::deny;
  return policy::Effect::ask;
}

context::Program find_program_here(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::error_code unknown;  // a deleted working directory: only relative names are lost with it
  return context::find_program(name, path == nullptr ? std::nullopt : std::optional<std::string>(path),
                               std::filesystem::current_path(unknown).string());
}

policy::Verdict judge(const policy::Set& policies, context::Collector& collector, policy::Effect fallback) {
  policy::Verdict shown = policy::evaluate(policies, collector, fallback);
  if (!collector.hides_words()) return shown;
  context::AsTyped typed(collector);
  policy::Verdict as_typed = policy::evaluate(policies, typed, fallback);
  hide_previews(as_typed, shown);
  return policy::combine(shown, as_typed);
}

}  // namespace jit::cli

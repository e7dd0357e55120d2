#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "cli/server/channels.hpp"
#include "cli/server/commands.hpp"
#include "policy/policy_set.hpp"
#include "server/network.hpp"
#include "store/inspect.hpp"
#include "util/error.hpp"
#include "util/subprocess.hpp"
#include "util/text.hpp"
#include "util/user.hpp"

namespace jit::cli::server {
namespace {

using util::Json;

struct Shown {
  std::string name;
  Json value;
  std::string from;
};

constexpr std::size_t kWidestColumn = 40;

// As people read it, a line for each part.
std::vector<std::string> lines_of(const Json& value) {
  std::vector<std::string> lines;
  if (value.is_object()) {
    for (const auto& [name, part] : value.items()) lines.push_back(name + ": " + part.get<std::string>());
  } else if (value.is_array()) {
    for (const Json& part : value) lines.push_back(part.get<std::string>());
  } else {
    lines.push_back(jit::server::text_of(value));
  }
  if (lines.empty() || lines.front().empty()) return {"-"};
  std::transform(lines.begin(), lines.end(), lines.begin(), util::visible);
  return lines;
}

std::string padded(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 0, ' ');
  return text + "  ";
}

std::string table(const std::vector<Shown>& settings) {
  std::size_t names = 0;
  std::size_t values = 0;
  for (const Shown& setting : settings) {
    names = std::max(names, setting.name.size());
    for (const auto& line : lines_of(setting.value)) values = std::max(values, line.size());
  }
  values = std::min(values, kWidestColumn);
  std::string text;
  for (const Shown& setting : settings) {
    auto lines = lines_of(setting.value);
    text += padded(setting.name, names) + padded(lines.front(), values) + util::visible(setting.from) + "\n";
    for (auto line = lines.begin() + 1; line != lines.end(); ++line) text += padded("", names) + *line + "\n";
  }
  return text;
}

Json settings_json(const std::vector<Shown>& settings) {
  Json all = Json::object();
  for (const Shown& setting : settings)
    all[setting.name] = {{"value", setting.value}, {"from", setting.from}};
  return all;
}

std::string words_of(const store::Inspection& store) {
  if (!store.exists) return "no store yet: jit-server serve makes it";
  if (store.older) return "the store is of an older jit-run: jit-server serve brings it up to date";
  return "the store answers";
}

// All that was found, the good and the bad: who mends one thing wants to know the next, too.
struct Found {
  std::optional<policy::Set> policies;
  store::Inspection store;
  std::optional<std::string> other_owner;
  std::vector<util::Error> problems;
  std::vector<std::string> warnings;
  std::vector<live::Source> sources;
  int code = EXIT_SUCCESS;
};

// What root sees may be closed to the user who serves: only as that one it can be told. Root looks as they
// would.
void look_as_owner(const Options& options, Found& found) {
  const std::string& directory = options.settings.store;
  const auto owner = store::other_owner(directory);
  if (!owner) return;
  found.other_owner = util::user_name(owner->user);
  const std::string whose = "the store " + directory + " belongs to " + *found.other_owner;
  if (::geteuid() == 0) {
    util::become(owner->user, owner->group);
    say("jit-server", whose + ": checked as that user");
  } else {
    say("jit-server",
        "warning: " + whose + ", not to " + this_user() + ", who runs this check: only " +
            *found.other_owner + " can serve it",
        "with sudo it is checked as that user");
  }
  if (!options.config_file.empty() && ::access(options.config_file.c_str(), R_OK) != 0)
    found.problems.emplace_back(util::SystemError(errno, util::visible(options.config_file)));
}

// Adds what a part throws to what was found.
template <typename Part>
void attempt(Found& found, const Part& part) {
  try {
    part();
  } catch (const util::UsageError& error) {
    found.problems.push_back(error);
    found.code = kUsage;
  } catch (const util::Error& error) {
    found.problems.push_back(error);
    if (found.code == EXIT_SUCCESS) found.code = kUnavailable;
  }
}

// They are named, not asked: that is for who tries a policy (jit-policy explain).
void look_for_sources(Found& found) {
  if (!found.policies) return;
  found.sources = found.policies->warning_sources();
  const std::string helper = util::libexec_directory() + "/jit-warnings";
  if (!found.sources.empty() && ::access(helper.c_str(), X_OK) != 0)
    throw util::SystemError(errno, helper,
                            "the policies name sources of warnings: is jit-run installed completely?");
}

// Secrets that only who serves can read are nobody's fault when another one looks.
void look_who_is_told(const Options& options, Found& found) {
  const auto add = [&](const std::vector<std::string>& warnings) {
    found.warnings.insert(found.warnings.end(), warnings.begin(), warnings.end());
  };
  if (!store::other_owner(options.settings.store))
    add(warn_of_channels(*found.policies, options.settings.store));
  add(warn_of_slack(*found.policies, options.settings.slack));
}

Found look(const Options& options) {
  Found found;
  // First: whoever is kept out of the directory learns why.
  attempt(found, [&] { look_as_owner(options, found); });
  attempt(found, [&] { found.policies = policy::Set::load(options.settings.policies, {}); });
  attempt(found, [&] { look_for_sources(found); });
  attempt(found, [&] { found.store = store::inspect(options.settings.store); });
  const auto serving = jit::server::check(options.settings);
  for (const auto& problem : serving.problems) attempt(found, [&] { throw problem; });
  found.warnings = serving.warnings;
  if (found.policies) look_who_is_told(options, found);
  return found;
}

std::vector<Shown> settings_of(const Options& options) {
  std::vector<Shown> settings;
  jit::server::show(options.settings, options.sources,
                    [&](const auto& name, const auto& value, const auto& from) {
                      settings.push_back({name, value, from});
                    });
  return settings;
}

Json json_of(const Options& options, const Found& found) {
  Json problems = Json::array();
  for (const auto& problem : found.problems)
    problems.push_back({{"detail", problem.what()}, {"hint", problem.hint()}});
  const Json store = {{"exists", found.store.exists},
                      {"older", found.store.older},
                      {"other_owner", found.other_owner ? Json(*found.other_owner) : Json()}};
  Json sources = Json::array();
  for (const auto& source : found.sources) sources.push_back({{"name", source.name}, {"kind", source.kind}});
  Json policies;
  if (found.policies)
    policies = {{"files", found.policies->file_count()}, {"rules", found.policies->rule_count()}};
  return {{"settings", settings_json(settings_of(options))},
          {"policies", policies},
          {"sources", sources},
          {"store", store},
          {"problems", problems},
          {"warnings", found.warnings}};
}

}  // namespace

int check(const Options& options) {
  const Found found = look(options);
  std::cout << (options.json ? util::pretty_json(json_of(options, found)) + "\n"
                             : table(settings_of(options)))
            << std::flush;
  for (const auto& source : found.sources) {
    if (!options.json)
      std::cout << "source of warnings: " << util::visible(source.name) << " (" << source.kind << ")\n"
                << std::flush;
  }
  for (const auto& warning : found.warnings) say("jit-server", "warning: " + warning);
  for (const auto& problem : found.problems) say("jit-server", problem.what(), problem.hint());
  if (found.code == EXIT_SUCCESS && !options.json)
    std::cout << "ok: " << util::counted(found.policies->rule_count(), "rule") << " in "
              << util::counted(found.policies->file_count(), "file") << "; " << words_of(found.store) << "\n";
  return found.code;
}

}  // namespace jit::cli::server

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "cli/server/commands.hpp"
#include "policy/policy_set.hpp"
#include "server/network.hpp"
#include "store/inspect.hpp"
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

// A store or a key that root sees may be closed to the user who serves: only that one can tell.
void warn_of_owner(const std::string& store, const std::string& owner) {
  say("jit-server",
      "warning: the store " + store + " belongs to " + owner + ", not to " + this_user() +
          ", who runs this check: only " + owner + " can serve it",
      "check as that user: sudo -u " + owner + " jit-server check");
}

std::string words_of(const store::Inspection& store) {
  if (!store.exists) return "no store yet: jit-server serve makes it";
  if (store.older) return "the store is of an older jit-run: jit-server serve brings it up to date";
  return "the store answers";
}

}  // namespace

int check(const Options& options) {
  const std::string& directory = options.settings.store;
  const auto set = policy::Set::load(options.settings.policies, {});
  // First: whoever is kept out of the directory learns why.
  const auto owner = store::other_owner(directory);
  if (owner) warn_of_owner(directory, util::user_name(*owner));
  const auto store = store::inspect(directory);
  jit::server::check(options.settings);
  std::vector<Shown> settings;
  jit::server::show(options.settings, options.sources,
                    [&](const auto& name, const auto& value, const auto& from) {
                      settings.push_back({name, value, from});
                    });
  if (options.json) {
    const Json found = {{"exists", store.exists},
                        {"older", store.older},
                        {"other_owner", owner ? Json(util::user_name(*owner)) : Json()}};
    std::cout << util::pretty_json({{"settings", settings_json(settings)},
                                    {"policies", {{"files", set.file_count()}, {"rules", set.rule_count()}}},
                                    {"store", found}})
              << "\n";
  } else {
    std::cout << table(settings) << "ok: " << util::counted(set.rule_count(), "rule") << " in "
              << util::counted(set.file_count(), "file") << "; " << words_of(store) << "\n";
  }
  return EXIT_SUCCESS;
}

}  // namespace jit::cli::server

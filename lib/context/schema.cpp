#include "context/schema.hpp"

#include <algorithm>
#include <iterator>

#include "context/source.hpp"
#include "util/text.hpp"

namespace jit::context {

const std::vector<PathInfo>& schema() {
  static const std::vector<PathInfo> kTable = {
      {"command.argv", ValueType::text_list},
      {"command.line", ValueType::text},
      {"command.name", ValueType::text},
      {"command.path", ValueType::text},
      {"command.resolved", ValueType::text},
      {"command.sha256", ValueType::text},
      {"command.cwd", ValueType::text},
      {"command.subcommand", ValueType::text},
      {"command.options.*", ValueType::option},
      {"command.files", ValueType::object_list},
      {"user.name", ValueType::text},
      {"user.uid", ValueType::integer},
      {"user.groups", ValueType::text_list},
      {"user.login", ValueType::text},
      {"user.sudo_user", ValueType::text},
      {"host.name", ValueType::text},
      {"host.os", ValueType::text},
      {"git.root", ValueType::text},
      {"git.remote", ValueType::text},
      {"git.branch", ValueType::text},
      {"git.commit", ValueType::text},
      {"git.tag", ValueType::text},
      {"git.dirty", ValueType::boolean},
      {"git.changes", ValueType::text},
      {"git.subject", ValueType::text},
      {"git.author", ValueType::text},
      {"git.why", ValueType::text},
      {"env.*", ValueType::text},
      {"unsafe_env", ValueType::text_list},
      {"unsafe_env.*", ValueType::text},
      {"session.interactive", ValueType::boolean},
      {"session.tty", ValueType::text},
      {"session.ssh_client", ValueType::text},
      {"session.ci", ValueType::text},
      {"time.at", ValueType::text},
      {"time.date", ValueType::text},
      {"time.weekday", ValueType::text},
      {"time.hour", ValueType::integer},
      {"labels.*", ValueType::text},
      {"systems.name", ValueType::text_list},
      {"systems.environment", ValueType::text_list},
      {"systems.owners", ValueType::text_list},
      {"systems.link", ValueType::text_list},
      {"warnings.critical", ValueType::integer},
      {"warnings.warning", ValueType::integer},
      {"warnings.unknown", ValueType::integer},
      {"warnings.active", ValueType::object_list},
      {"activity.requests_24h", ValueType::integer},
      {"activity.denied_24h", ValueType::integer},
      {"activity.break_glass_24h", ValueType::integer},
      {"activity.requests_7d", ValueType::integer},
      {"activity.denied_7d", ValueType::integer},
      {"activity.break_glass_7d", ValueType::integer},
      {"activity.running", ValueType::integer},
      {"activity.waiting", ValueType::integer},
      {"activity.last_runs", ValueType::object_list},
      {"activity.in_flight", ValueType::object_list},
      {"activity.why", ValueType::text},
  };
  return kTable;
}

const PathInfo* find_path(std::string_view path) {
  if (is_zoned(path)) {
    const auto* info = find_path(path.substr(0, path.find('@')));
    return info == nullptr || info->path == "time.at" ? nullptr : info;
  }
  for (const auto& info : schema()) {
    if (info.path == path) return info.path.ends_with(".*") ? nullptr : &info;
    if (!info.path.ends_with(".*")) continue;
    const std::string_view prefix = info.path.substr(0, info.path.size() - 1);
    if (path.size() > prefix.size() && path.starts_with(prefix)) return &info;
  }
  return nullptr;
}

std::string suggest_path(std::string_view path) {
  std::vector<std::string> candidates;
  std::transform(schema().begin(), schema().end(), std::back_inserter(candidates),
                 [](const PathInfo& info) { return std::string(info.path); });
  // A last part alone, "subcommand", most likely misses its section.
  for (const auto& candidate : candidates) {
    if (candidate.ends_with("." + std::string(path))) return " (did you mean \"" + candidate + "\"?)";
  }
  return util::did_you_mean(path, candidates);
}

}  // namespace jit::context

#include "policy/candidates.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "context/program.hpp"

namespace jit::policy {
namespace {

std::vector<std::string> argv_of(context::Source& source) {
  std::vector<std::string> argv;
  const util::Json* words = source.find("command.argv");
  if (words == nullptr || !words->is_array()) return argv;
  for (const auto& word : *words) {
    if (!word.is_string()) return {};
    argv.push_back(word.get<std::string>());
  }
  return argv;
}

std::string text_at(const util::Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

Candidate candidate_of(std::vector<std::string> argv, std::string name, const context::CommandSpecs& specs) {
  Candidate candidate;
  candidate.argv = std::move(argv);
  candidate.name = std::move(name);
  candidate.readings = context::read_command_line(candidate.argv, specs.find(candidate.name));
  return candidate;
}

// Each reading of each command is held against each rule, and with systems against each of these as well: of
// all together there may be no more than so many. The commands that come then are read in too many ways to
// tell.
void bound_readings(std::vector<Candidate>& candidates) {
  constexpr std::size_t kMost = 4096;
  std::size_t left = kMost;
  for (auto& candidate : candidates) {
    auto& readings = candidate.readings;
    if (readings.all.size() > left) {
      readings.all.resize(1);
      readings.too_many = true;
    }
    left -= std::min(left, readings.all.size());
  }
}

Candidate alias_of(const Candidate& original, const std::string& name, const context::CommandSpecs& specs) {
  Candidate alias = candidate_of(original.argv, name, specs);
  alias.inner = original.inner;
  alias.certain = original.certain;
  alias.alias = true;
  return alias;
}

Candidate candidate_of(const context::Inner& inner, const context::CommandSpecs& specs) {
  Candidate candidate = candidate_of(inner.argv, context::command_name(inner.argv), specs);
  candidate.inner = true;
  candidate.certain = inner.certain;
  candidate.remote = inner.remote;
  candidate.alias = inner.by_alias;
  return candidate;
}

// The names that a program or a file has on the way through its links, and at their end.
void add_link_names(const util::Json& links, const util::Json& resolved, std::vector<std::string>& names) {
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const auto& link : links) add(text_at(&link));
  add(text_at(&resolved));
}

const util::Json& member_of(const util::Json& object, const char* key) {
  static const util::Json kNothing;
  const auto* found = context::find_in(object, key);
  return found == nullptr ? kNothing : *found;
}

// What `command.files` says of a program. One that is named from some directory may be in one of those that
// the command names, too.
std::vector<std::string> resolved_in(const util::Json& files, const std::string& program) {
  const bool is_relative = context::is_relative_path(program);
  std::vector<std::string> names;
  for (const auto& file : files) {
    const std::string runs = text_at(context::find_in(file, "runs"));
    if (runs != program && !(is_relative && runs.ends_with("/" + program))) continue;
    add_link_names(member_of(file, "links"), member_of(file, "resolved"), names);
  }
  return names;
}

std::vector<std::string> names_of_command(context::Source& source) {
  static const util::Json kNothing;
  const util::Json* resolved = source.find("command.resolved");
  const util::Json* links = source.find("command.links");
  std::vector<std::string> names;
  add_link_names(links == nullptr ? kNothing : *links, resolved == nullptr ? kNothing : *resolved, names);
  return names;
}

bool any_word(const std::vector<std::string>& argv, const std::function<bool(std::string_view)>& is_meant) {
  return std::any_of(argv.begin(), argv.end(), is_meant);
}

// "cd x", "env -C x", "find -execdir": where a relative name leads then, only some directories are tried for.
bool moves(const std::vector<std::string>& argv) {
  const std::string name = context::command_name(argv);
  if (name == "cd" || name == "pushd" || name == "popd") return true;
  return any_word(argv, [](std::string_view word) {
    constexpr std::array<std::string_view, 6> kMoving{
        "-C", "--chdir", "--directory", "--working-directory", "--cwd", "-execdir"};
    return word == "-okdir" || word == "-D" ||
           std::any_of(kMoving.begin(), kMoving.end(), [&](auto moving) { return word.starts_with(moving); });
  });
}

bool sets_path(const std::vector<std::string>& argv) {
  return any_word(argv, [](std::string_view word) { return word.find("PATH=") != std::string_view::npos; });
}

// Some program of it may be another file than the one that is known here.
bool leads_elsewhere(const std::vector<std::string>& argv, const std::vector<context::Inner>& inner) {
  const bool is_path_set = sets_path(argv);
  const bool is_moved = moves(argv) || std::any_of(inner.begin(), inner.end(),
                                                   [](const auto& command) { return moves(command.argv); });
  return std::any_of(inner.begin(), inner.end(), [&](const context::Inner& command) {
    if (command.remote || command.argv.empty()) return false;
    const std::string& program = command.argv.front();
    if (program.starts_with('/')) return false;
    return context::is_relative_path(program) ? is_moved : is_path_set;
  });
}

}  // namespace

Candidates candidates_of(context::Source& source, const context::CommandSpecs& specs) {
  Candidates found;
  auto argv = argv_of(source);
  std::string name = argv.empty() ? std::string() : context::command_name(argv);
  found.all.push_back(candidate_of(std::move(argv), std::move(name), specs));
  // Without a command line nothing can be told of it.
  found.all.front().certain = !found.all.front().argv.empty();
  const auto unwrapped = context::unwrap_all(found.all.front().argv, specs);
  found.opaque = found.all.front().argv.empty() || unwrapped.opaque;
  for (const auto& inner : unwrapped.commands) {
    if (!inner.argv.empty()) found.all.push_back(candidate_of(inner, specs));
  }
  bound_readings(found.all);
  return found;
}

Candidates aliases_of(const Candidates& candidates, context::Source& source,
                      const context::CommandSpecs& specs) {
  const Candidate& command = candidates.all.front();
  auto names = names_of_command(source);
  std::erase(names, command.name);
  Candidates found;
  if (candidates.all.size() == 1 && names.empty()) return found;
  for (const auto& name : names) found.all.push_back(alias_of(command, name, specs));
  const auto resolve = [&](const std::string& program) -> std::vector<std::string> {
    if (program == command.argv.front()) return names;
    const util::Json* files = source.find("command.files");
    return files != nullptr && files->is_array() ? resolved_in(*files, program) : std::vector<std::string>();
  };
  const auto unwrapped = context::unwrap_all(command.argv, specs, resolve);
  found.opaque = unwrapped.opaque || leads_elsewhere(command.argv, unwrapped.commands);
  for (const auto& inner : unwrapped.commands) {
    if (inner.argv.empty()) continue;
    const Candidate own = candidate_of(inner, specs);
    if (inner.by_alias) found.all.push_back(own);
    for (const auto& name : inner.aliases) found.all.push_back(alias_of(own, name, specs));
  }
  bound_readings(found.all);
  return found;
}

const util::Json* file_of(const std::string& program, context::Source& source) {
  const util::Json* files = source.find("command.files");
  if (files == nullptr || !files->is_array()) return nullptr;
  const auto found = std::find_if(files->begin(), files->end(), [&](const util::Json& file) {
    const bool runs = text_at(context::find_in(file, "runs")) == program;
    return runs || (program.starts_with('/') && text_at(context::find_in(file, "path")) == program);
  });
  return found == files->end() ? nullptr : &*found;
}

}  // namespace jit::policy

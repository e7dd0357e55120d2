#include "policy/candidates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

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

// What `command.files` says of a program. One that is named from some directory may be in one of those that
// the command names, too.
std::vector<std::string> resolved_in(const util::Json& files, const std::string& program) {
  const bool is_relative = !program.starts_with('/') && program.find('/') != std::string::npos;
  std::vector<std::string> names;
  for (const auto& file : files) {
    const std::string runs = text_at(context::find_in(file, "runs"));
    if (runs != program && !(is_relative && runs.ends_with("/" + program))) continue;
    const std::string name = text_at(context::find_in(file, "resolved"));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
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
  const std::string resolved = text_at(source.find("command.resolved"));
  const bool is_link = !resolved.empty() && resolved != command.name;
  Candidates found;
  if (candidates.all.size() == 1 && !is_link) return found;
  if (is_link) found.all.push_back(alias_of(command, resolved, specs));
  const auto resolve = [&](const std::string& program) -> std::vector<std::string> {
    if (program == command.argv.front()) return {resolved};
    const util::Json* files = source.find("command.files");
    return files != nullptr && files->is_array() ? resolved_in(*files, program) : std::vector<std::string>();
  };
  const auto unwrapped = context::unwrap_all(command.argv, specs, resolve);
  found.opaque = unwrapped.opaque;
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

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

Candidate alias_of(const Candidate& original, const std::string& name, const context::CommandSpecs& specs) {
  Candidate alias = candidate_of(original.argv, name, specs);
  alias.inner = original.inner;
  alias.certain = original.certain;
  alias.alias = true;
  return alias;
}

void add_inner(Candidates& found, const context::CommandSpecs& specs) {
  auto unwrapped = context::unwrap_all(found.all.front().argv, specs);
  found.opaque = unwrapped.opaque;
  for (auto& inner : unwrapped.commands) {
    if (inner.argv.empty()) continue;
    std::string name = context::command_name(inner.argv);
    Candidate candidate = candidate_of(std::move(inner.argv), std::move(name), specs);
    candidate.inner = true;
    candidate.certain = inner.certain;
    candidate.remote = inner.remote;
    found.all.push_back(std::move(candidate));
  }
}

// One program that is many: what it does is told by the name it is called by, so that its own name says
// nothing.
bool is_multicall(const std::string& name) {
  return name == "busybox" || name == "toybox" || name == "coreutils";
}

// `ln -s /bin/sh x; ./x -c TEXT` runs what `sh -c TEXT` runs.
void add_inner_of_alias(Candidates& found, const std::string& resolved, const context::CommandSpecs& specs) {
  if (found.opaque || is_multicall(resolved)) return;
  Candidates alias;
  std::vector<std::string> argv = found.all.front().argv;
  argv.front() = resolved;
  alias.all.push_back(candidate_of(std::move(argv), resolved, specs));
  add_inner(alias, specs);
  found.opaque = found.opaque || alias.opaque;
  for (std::size_t i = 1; i < alias.all.size(); ++i) {
    alias.all[i].alias = true;
    found.all.push_back(std::move(alias.all[i]));
  }
}

}  // namespace

Candidates candidates_of(context::Source& source, const context::CommandSpecs& specs) {
  Candidates found;
  auto argv = argv_of(source);
  std::string name = argv.empty() ? std::string() : context::command_name(argv);
  found.all.push_back(candidate_of(std::move(argv), std::move(name), specs));
  // Without a command line nothing can be told of it.
  found.all.front().certain = !found.all.front().argv.empty();
  found.opaque = found.all.front().argv.empty();
  if (!found.opaque) add_inner(found, specs);
  const std::string resolved = text_at(source.find("command.resolved"));
  if (!resolved.empty() && resolved != found.all.front().name) {
    found.all.push_back(alias_of(found.all.front(), resolved, specs));
    add_inner_of_alias(found, resolved, specs);
  }
  return found;
}

std::vector<Candidate> inner_aliases(const Candidates& candidates, context::Source& source,
                                     const context::CommandSpecs& specs) {
  std::vector<Candidate> aliases;
  for (const auto& candidate : candidates.all) {
    if (!candidate.inner || candidate.remote) continue;
    const util::Json* file = file_of(candidate.argv.front(), source);
    const std::string resolved = file == nullptr ? "" : text_at(context::find_in(*file, "resolved"));
    if (!resolved.empty() && resolved != candidate.name)
      aliases.push_back(alias_of(candidate, resolved, specs));
  }
  return aliases;
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

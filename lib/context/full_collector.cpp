#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <nlohmann/json.hpp>

#include "context/collector.hpp"
#include "context/environment.hpp"
#include "context/file_hashes.hpp"
#include "context/git_probe.hpp"
#include "context/machine.hpp"
#include "context/operand_files.hpp"
#include "context/redact.hpp"
#include "context/unsafe_env.hpp"
#include "util/digest.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

using util::Json;

// Bound to its place, so that two equal secrets do not look equal; with lengths, so that no two lists look
// the same.
std::string fingerprint(const std::string& key, const std::string& place,
                        const std::vector<std::string>& secrets) {
  std::string bytes = place;
  for (const auto& secret : secrets) bytes += "\n" + std::to_string(secret.size()) + ":" + secret;
  return util::hmac_sha256(key, bytes);
}

// Also behind others, and in a shell's text.
bool mentions_git(const std::vector<std::string>& argv) {
  return std::any_of(argv.begin(), argv.end(),
                     [](const std::string& word) { return word.find("git") != std::string::npos; });
}

}  // namespace

Collection::Collection() : m_git(std::make_unique<GitProbe>()), m_hashes(std::make_unique<FileHashes>()) {}

Collection::~Collection() = default;

FullCollector::FullCollector(Invocation invocation, const CommandSpecs& specs,
                             std::vector<std::string> captured_env, std::string secret_key,
                             Collection& collection, Activity activity)
    : Collector(std::move(invocation), specs, std::move(captured_env)),
      m_secret_key(std::move(secret_key)),
      m_collection(collection),
      m_activity(std::move(activity)) {}

const Json* FullCollector::find(std::string_view path) {
  return is_zoned(path) ? m_zoned.find(path, Collector::find("time.at")) : Collector::find(path);
}

bool FullCollector::collect(std::string_view part) {
  const PutText put = [this](Json& place, const std::string& path, std::string_view bytes) {
    put_text(place, path, bytes);
  };
  if (part == "user") {
    document()["user"] = user_section(put);
  } else if (part == "host") {
    document()["host"] = host_section(put);
  } else if (part == "git") {
    collect_git();
  } else if (part == "command.sha256") {
    collect_executable();
  } else if (part == "command.files") {
    collect_files(put);
  } else if (part == "command.redactions") {
    collect_redactions();
  } else if (part == "command.environment") {
    collect_environment();
  } else if (part == "warnings") {
    collect_warnings();
  } else if (part == "activity") {
    document()["activity"] =
        m_activity ? m_activity(*this) : Json{{"why", "only where requests are kept is it known"}};
  } else {
    return Collector::collect(part);
  }
  return true;
}

void FullCollector::collect_git() {
  Json git = m_collection.git().facts(working_directory());
  if (git.is_object() && git.contains("raw")) {
    for (const auto& [name, bytes] : git["raw"].items()) document()["raw"]["git." + name] = bytes;
    git.erase("raw");
  }
  // Other branches, and where remotes are, matter to git alone: that they moved is no reason to stop another
  // command.
  if (git.is_object() && !mentions_git(invocation().argv)) {
    git.erase("refs");
    git.erase("config");
  }
  document()["git"] = std::move(git);
}

void FullCollector::collect_executable() {
  const std::string path = program(working_directory()).path;
  Json& sha256 = document()["command"]["sha256"] = nullptr;
  if (path.empty()) return;
  const FileHash hash = m_collection.hashes().hash(path, kMaxExecutableBytes);
  if (hash.sha256) {
    sha256 = *hash.sha256;
  } else {
    document()["command"]["stamp"] = hash.stamp;
  }
}

// A name that stands in what is shown of the command line is no secret; of another, what is secret is taken
// out.
std::string FullCollector::shown_name(const std::string& name) {
  std::string shown = name;
  bool is_typed = false;
  for (const auto& word : redacted()) {
    if (word.text.find(name) != std::string::npos) return name;
    for (const auto& secret : word.secrets) {
      is_typed = is_typed || secret.find(name) != std::string::npos;
      auto at = secret.empty() ? std::string::npos : shown.find(secret);
      while (at != std::string::npos) {
        shown.replace(at, secret.size(), kRedacted);
        at = shown.find(secret, at + kRedacted.size());
      }
    }
  }
  return is_typed ? std::string(kRedacted) : shown;
}

void FullCollector::collect_files(const PutText& put) {
  const std::string cwd = working_directory();
  const ShowName shown = [this](const std::string& name) { return shown_name(name); };
  std::vector<std::string> values;
  for (const auto& variable : captured_variables()) {
    const bool is_secret =
        !redact_variable(std::string(variable.name), std::string(variable.value)).secrets.empty();
    if (!is_secret && variable.name != "PATH" && variable.name != "HOME") values.emplace_back(variable.value);
  }
  document()["command"]["files"] = operand_files(invocation().argv, values, specs(), program(cwd).path, cwd,
                                                 m_collection.hashes(), shown, put);
}

void FullCollector::collect_redactions() {
  Json list = Json::array();
  const auto& words = redacted();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].secrets.empty()) continue;
    const std::string place = "argument " + std::to_string(i);
    list.push_back({{"arg", i}, {"fingerprint", fingerprint(m_secret_key, place, words[i].secrets)}});
  }
  for (const auto& variable : captured_variables()) {
    const Redaction redaction = redact_variable(std::string(variable.name), std::string(variable.value));
    if (redaction.secrets.empty()) continue;
    const std::string name = util::escape_invalid_utf8(variable.name);
    list.push_back({{"variable", name},
                    {"fingerprint", fingerprint(m_secret_key, "variable " + name, redaction.secrets)}});
  }
  document()["command"]["redactions"] = std::move(list);
}

void FullCollector::collect_warnings() {
  if (!m_collection.ask_warnings()) return;
  Json warnings = m_collection.ask_warnings()(*this);
  if (!warnings.is_null()) document()["warnings"] = std::move(warnings);
}

void FullCollector::collect_environment() {
  std::vector<Variable> variables = read_environment();
  // The others stand in `env` and `unsafe_env`, with what may be shown of them.
  std::erase_if(variables, [&](const Variable& variable) {
    return is_captured(variable.name) || is_unsafe_variable(variable.name, variable.value);
  });
  document()["command"]["environment"] = environment_section(m_secret_key, variables);
}

const Json& FullCollector::whole() {
  for (const char* part : {"command", "command.options", "command.cwd", "command.path", "command.sha256",
                           "command.files", "command.redactions", "command.environment", "user", "host",
                           "git", "env", "unsafe_env", "session", "time", "labels", "warnings"}) {
    ensure(part);
  }
  if (invocation().input) document()["command"]["stdin"] = *invocation().input;
  return document();
}

}  // namespace jit::context

#include "context/collector.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>

#include "context/environment.hpp"
#include "context/program.hpp"
#include "context/redact.hpp"
#include "context/time.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/time.hpp"

namespace jit::context {
namespace {

using util::Json;

// What is collected together. "command" alone stands for argv and what costs nothing more.
std::string_view part_of(std::string_view path) {
  if (!path.starts_with("command")) return path.substr(0, path.find('.'));
  for (const std::string_view part : {"command.path", "command.cwd", "command.sha256", "command.files",
                                      "command.redactions", "command.environment"}) {
    if (path == part || path.starts_with(std::string(part) + ".")) return part;
  }
  if (path == "command.resolved" || path == "command.links") return "command.path";
  if (path == "command.subcommand" || path.starts_with("command.options")) return "command.options";
  return "command";
}

std::string terminal_of(int fd) {
  if (::isatty(fd) != 1) return {};
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target.data(), target.size());
  return n > 0 ? std::string(target.data(), static_cast<std::size_t>(n)) : std::string();
}

// Which automation this runs in, from the variables that these set; for people to read, not evidence.
Json automation() {
  struct Mark {
    const char* variable;
    const char* name;
  };
  constexpr std::array<Mark, 11> kMarks = {{{"GITHUB_ACTIONS", "github"},
                                            {"GITLAB_CI", "gitlab"},
                                            {"JENKINS_URL", "jenkins"},
                                            {"BUILDKITE", "buildkite"},
                                            {"CIRCLECI", "circleci"},
                                            {"TEAMCITY_VERSION", "teamcity"},
                                            {"TF_BUILD", "azure"},
                                            {"BITBUCKET_BUILD_NUMBER", "bitbucket"},
                                            {"DRONE", "drone"},
                                            {"TRAVIS", "travis"},
                                            {"CI", "ci"}}};
  for (const auto& mark : kMarks) {
    const char* value = ::getenv(mark.variable);
    if (value != nullptr && *value != '\0' && std::string_view(value) != "false") return mark.name;
  }
  return nullptr;
}

}  // namespace

Collector::Collector(Invocation invocation, const CommandSpecs& specs, std::vector<std::string> captured_env)
    : m_invocation(std::move(invocation)),
      m_specs(specs),
      m_captured_env(std::move(captured_env)),
      m_document(std::make_unique<Json>(Json::object())) {
  (*m_document)["raw"] = Json::object();
}

Collector::~Collector() = default;

const Json* Collector::find(std::string_view path) {
  if (is_zoned(path)) {
    m_deferred = true;
    return nullptr;
  }
  if (path.starts_with("raw")) {
    // Whatever of the cheap parts a rule may read has its say on what could not be shown as text.
    for (const std::string_view part : {"command", "command.cwd", "env", "unsafe_env", "labels"})
      ensure(part);
  } else {
    ensure(part_of(path));
  }
  return find_in(*m_document, path);
}

bool Collector::ensure(std::string_view part) {
  const auto known = m_collected.find(part);
  if (known != m_collected.end()) return known->second;
  const bool available = collect(part);
  m_collected.emplace(part, available);
  if (!available) m_deferred = true;
  return available;
}

bool Collector::collect(std::string_view part) {
  if (part == "command") {
    collect_command();
  } else if (part == "command.options") {
    collect_options();
  } else if (part == "command.cwd" || part == "command.path") {
    collect_place(part);
  } else if (part == "env" || part == "unsafe_env") {
    collect_env(part);
  } else if (part == "session") {
    collect_session();
  } else if (part == "time") {
    collect_time();
  } else if (part == "labels") {
    Json& labels = document()["labels"] = Json::object();
    for (const auto& [key, value] : m_invocation.labels) {
      const std::string name = key_text(key);
      put_text(labels[name], "labels." + name, value);
    }
  } else {
    return false;
  }
  return true;
}

std::string Collector::working_directory() {
  std::array<char, PATH_MAX> buffer{};
  if (::getcwd(buffer.data(), buffer.size()) != nullptr && buffer[0] == '/') return buffer.data();
  if (errno == ERANGE) throw util::Error("the working directory's path is too long");
  // It was deleted, or is out of this root's reach: no relative name means anything there.
  return {};
}

std::vector<Variable> Collector::captured_variables() const {
  std::vector<Variable> variables = read_environment();
  std::erase_if(variables, [&](const Variable& variable) {
    return !is_captured(variable.name) && !is_unsafe_variable(variable.name, variable.value);
  });
  return variables;
}

bool Collector::is_captured(std::string_view name) const {
  return std::find(m_captured_env.begin(), m_captured_env.end(), name) != m_captured_env.end();
}

void Collector::put_text(Json& place, const std::string& path, std::string_view bytes) {
  if (util::is_utf8(bytes)) {
    place = std::string(bytes);
    return;
  }
  place = util::escape_invalid_utf8(bytes);
  document()["raw"][path] = util::hex(bytes);
}

const std::vector<Redaction>& Collector::redacted() {
  if (m_redacted.empty()) m_redacted = redact_argv(m_invocation.argv, m_specs);
  return m_redacted;
}

void Collector::collect_command() {
  Json& command = document()["command"];
  Json& argv = command["argv"] = Json::array();
  std::vector<std::string> words;
  for (const auto& redaction : redacted()) {
    Json& place = argv.emplace_back();
    const std::string path = "command.argv." + std::to_string(argv.size() - 1);
    put_text(place, path, redaction.text);
    // The bytes that are not UTF-8 may be in the secret.
    if (!util::is_utf8(m_invocation.argv[argv.size() - 1]))
      document()["raw"][path] = util::hex(redaction.text);
    words.push_back(redaction.text);
  }
  command["line"] = util::escape_invalid_utf8(util::shell_line(words));
  put_text(command["name"], "command.name", command_name(words));
}

bool Collector::hides_words() {
  return std::any_of(redacted().begin(), redacted().end(),
                     [](const Redaction& word) { return !word.secrets.empty(); });
}

void Collector::collect_options() {
  ensure("command");
  const auto argv = document()["command"]["argv"].get<std::vector<std::string>>();
  const Readings readings = read_command_line(argv, m_specs.find(command_name(argv)));
  Json& command = document()["command"];
  command["subcommand"] = readings.all.front().subcommand;
  Json& options = command["options"] = Json::object();
  const Json values = options_json(readings);
  for (const auto& [name, value] : values.items()) options[key_text(name)] = value;
}

void Collector::collect_place(std::string_view part) {
  const std::string cwd = working_directory();
  Json& command = document()["command"];
  if (part == "command.cwd") {
    put_text(command["cwd"], "command.cwd", cwd);
    if (cwd.empty()) command["cwd"] = nullptr;
    return;
  }
  const Program program = this->program(cwd);
  put_text(command["path"], "command.path", program.path);
  put_text(command["resolved"], "command.resolved", program.path.empty() ? "" : resolved_name(program.path));
  if (program.path.empty()) command["path"] = command["resolved"] = nullptr;
  const auto links = link_names(program.path);
  for (std::size_t i = 0; i + 1 < links.size(); ++i)
    put_text(command["links"][i], "command.links." + std::to_string(i), links[i]);
}

AsTyped::AsTyped(Collector& collector)
    : m_collector(collector),
      m_words(std::make_unique<Json>(Json::array())),
      m_line(std::make_unique<Json>()) {
  for (const auto& word : collector.invocation().argv) m_words->push_back(util::escape_invalid_utf8(word));
  *m_line = util::escape_invalid_utf8(util::shell_line(collector.invocation().argv));
}

AsTyped::~AsTyped() = default;

const Json* AsTyped::find(std::string_view path) {
  if (path == "command.argv") return m_words.get();
  if (path == "command.line") return m_line.get();
  return m_collector.find(path);
}

Program Collector::program(const std::string& cwd) const {
  const char* path = ::getenv("PATH");
  return find_program(m_invocation.argv.empty() ? "" : m_invocation.argv[0],
                      path == nullptr ? std::nullopt : std::optional<std::string>(path), cwd);
}

void Collector::collect_env(std::string_view part) {
  Json& section = document()[std::string(part)] = Json::object();
  for (const auto& variable : read_environment()) {
    const bool wanted =
        part == "env" ? is_captured(variable.name) : is_unsafe_variable(variable.name, variable.value);
    if (!wanted) continue;
    const std::string name = key_text(variable.name);
    const std::string path = std::string(part) + "." + name;
    if (name != variable.name) document()["raw"][path + ".name"] = util::hex(variable.name);
    const std::string value = redact_variable(std::string(variable.name), std::string(variable.value)).text;
    if (!section.contains(name)) {
      put_text(section[name], path, value);
      continue;
    }
    // Set twice: which one a program takes is its own affair. Both are shown, and no allow rule may build on
    // either. Rules do not build on where programs are found: they go by what was found.
    Json& place = section[name];
    if (!place.is_array()) place = Json::array({place});
    place.push_back(util::escape_invalid_utf8(value));
    if (name == "PATH") continue;
    document()["raw"][path + "." + std::to_string(place.size())] = util::hex(value);
  }
}

void Collector::collect_session() {
  Json& session = document()["session"];
  // Somebody can be asked: there is a controlling terminal, wherever stdin comes from.
  const util::Fd terminal(::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  session["interactive"] = static_cast<bool>(terminal);
  session["tty"] = nullptr;
  for (const int fd : {STDIN_FILENO, STDERR_FILENO, STDOUT_FILENO}) {
    const std::string path = terminal_of(fd);
    if (path.empty()) continue;
    put_text(session["tty"], "session.tty", path);
    break;
  }
  if (session["tty"].is_null() && terminal) session["tty"] = "/dev/tty";
  const char* connection = ::getenv("SSH_CONNECTION");
  if (connection == nullptr) connection = ::getenv("SSH_CLIENT");
  session["ssh_client"] = nullptr;
  if (connection != nullptr && *connection != '\0') {
    const std::string_view text = connection;
    put_text(session["ssh_client"], "session.ssh_client", text.substr(0, text.find(' ')));
  }
  session["ci"] = automation();
}

void Collector::collect_time() {
  document()["time"] = time_part(util::wall_clock());
}

}  // namespace jit::context

#include "context/redact.hpp"

#include <algorithm>
#include <optional>

#include "context/secrets.hpp"
#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// Programs that read a password directly after a letter, and those that read user:password there.
constexpr std::string_view kPasswordLetterP =
    "mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mariadb "
    "mariadb-dump mariadb-admin mysqlsh sshpass";
constexpr std::string_view kSpacedPasswordP = "sshpass";
constexpr std::string_view kUserOptions = "-u --user -U --proxy-user";

// Hides the part of `text` from `start` on, as far as a secret may go.
Redaction hide_tail(std::string_view text, std::size_t start, Extent extent) {
  std::size_t end = text.size();
  if (extent == Extent::word) {
    end = start;
    while (end < text.size() && !ends_secret(text[end])) ++end;
  }
  if (end <= start) return {std::string(text), {}};
  return {std::string(text.substr(0, start)) + std::string(kRedacted) + std::string(text.substr(end)),
          {std::string(text.substr(start, end - start))}};
}

bool is_flag(const std::vector<std::string>& argv, const CommandSpecs& specs, const std::string& option) {
  const CommandSpec* spec = specs.find(command_name(argv));
  return spec != nullptr && std::find(spec->flags.begin(), spec->flags.end(), option) != spec->flags.end();
}

class ArgvRedactor {
 public:
  ArgvRedactor(const std::vector<std::string>& argv, const CommandSpecs& specs, Extent extent)
      : m_argv(argv), m_specs(specs), m_extent(extent) {}

  std::vector<Redaction> redact() {
    std::vector<Redaction> result;
    result.reserve(m_argv.size());
    for (std::size_t i = 0; i < m_argv.size(); ++i) {
      const std::string& word = m_argv[i];
      note_program(word, i == 0);
      if (auto special = i == 0 ? std::nullopt : by_position(i)) {
        result.push_back(std::move(*special));
        continue;
      }
      result.push_back(redact_text(word, m_extent, m_quotes_open));
    }
    return result;
  }

 private:
  // Which program's options follow. Behind a wrapper any word may name it.
  void note_program(const std::string& word, bool first) {
    if (!first && m_extent == Extent::whole) return;
    const std::string_view name = std::string_view(word).substr(word.rfind('/') + 1);
    if (is_listed(name, kPasswordLetterP)) m_letter_p = true;
    if (is_listed(name, kSpacedPasswordP)) m_spaced_p = true;
    if (name == "curl") m_curl = true;
  }

  std::optional<Redaction> by_position(std::size_t i) const {
    const std::string& word = m_argv[i];
    const std::string& before = m_argv[i - 1];
    if (m_letter_p && word.size() > 2 && word.starts_with("-p") && word[2] != '=')
      return hide_tail(word, 2, m_extent);
    if (m_spaced_p && before == "-p") return hide_tail(word, 0, m_extent);
    if (m_curl && is_listed(before, kUserOptions)) {
      const auto colon = word.find(':');
      return colon == std::string::npos ? std::nullopt : std::optional(hide_tail(word, colon + 1, m_extent));
    }
    if (m_curl && word.starts_with("-u") && word.find(':') != std::string::npos) {
      return hide_tail(word, word.find(':') + 1, m_extent);
    }
    // The word after --password. One that looks like an option is none: hiding it could hide what a rule
    // looks for.
    const bool option =
        before.starts_with("-") && before.find('=') == std::string::npos && is_secret_name(before, true);
    const bool reads_elsewhere = before.ends_with("-stdin") || before.ends_with("-file");
    if (i > 1 && option && !reads_elsewhere && !word.starts_with('-') && !is_flag(m_argv, m_specs, before)) {
      return hide_tail(word, 0, m_extent);
    }
    return std::nullopt;
  }

  const std::vector<std::string>& m_argv;
  const CommandSpecs& m_specs;
  Extent m_extent;
  bool m_letter_p = false, m_spaced_p = false, m_curl = false, m_quotes_open = false;
};

}  // namespace

std::vector<Redaction> redact_argv(const std::vector<std::string>& argv, const CommandSpecs& specs) {
  const Unwrapped inner = unwrap(argv, specs);
  const bool runs_another = inner.opaque || !inner.commands.empty();
  return ArgvRedactor(argv, specs, runs_another ? Extent::word : Extent::whole).redact();
}

Redaction redact_variable(const std::string& name, const std::string& value) {
  const bool key =
      name.size() > 3 && (name.ends_with("KEY") || name.ends_with("key") || name.ends_with("Key"));
  if (!value.empty() && (key || is_secret_name(name, false))) return {std::string(kRedacted), {value}};
  bool quotes_open = false;
  return redact_text(value, Extent::word, quotes_open);
}

}  // namespace jit::context

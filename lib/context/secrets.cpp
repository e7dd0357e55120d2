#include "context/secrets.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace jit::context {
namespace {

// How far a key may reach back, and the part of a URL before its @.
constexpr std::size_t kMaxKey = 64;
constexpr std::size_t kMaxCredentials = 4096;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}
bool is_key_byte(char c) {
  return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// "DB_Password", "dbPassword" and "--db-password" all end in "password": lower case, without separators.
std::string normal(std::string_view key) {
  std::string result;
  for (const char c : key) {
    if (c >= 'A' && c <= 'Z') result += static_cast<char>(c - 'A' + 'a');
    if (is_lower_or_digit(c)) result += c;
  }
  return result;
}

constexpr std::array<std::string_view, 18> kSecretEndings = {
    "password",    "passwd",    "passphrase", "secret",     "token",        "apikey",
    "accesskey",   "secretkey", "authkey",    "passcode",   "sharedaccess", "credential",
    "credentials", "pgpass",    "privatekey", "accountkey", "mysqlpwd",     "userpass"};

// "--ask-pass", "--no-password": switches about a secret, not secrets.
bool asks_for_it(std::string_view option) {
  constexpr std::array<std::string_view, 9> kParts = {"-no-",   "-ask-",  "-prompt", "-skip-", "-without-",
                                                      "-with-", "-show-", "-use-",   "-reset-"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](auto part) { return option.find(part) != std::string_view::npos; });
}

}  // namespace

bool is_secret_name(std::string_view name, bool option) {
  const std::string plain = normal(name);
  if (option && (plain.ends_with("privatekey") || asks_for_it(name))) return false;
  if (plain == "pass" || plain == "pwd" || plain == "auth" || plain == "bearer")
    return name.find("PWD") != 0 || name.size() > 3;
  for (const auto ending : kSecretEndings) {
    if (plain.ends_with(ending)) return true;
  }
  return name.ends_with("-pass") || name.ends_with("_PASS") || name.ends_with("_pass") ||
         name.ends_with("_PWD");
}

bool ends_secret(char c) {
  return is_space(c) || std::string_view("'\"`;|&<>()$").find(c) != std::string_view::npos;
}

namespace {

// Reads one word or value and replaces the secrets in it.
class Scanner {
 public:
  Scanner(std::string_view text, Extent extent, bool starts_quoted)
      : m_text(text), m_extent(extent), m_unknown_quotes(starts_quoted) {}

  Redaction scan() {
    while (m_at < m_text.size()) {
      if (pem_block() || credential_url() || token_format()) continue;
      const char c = m_text[m_at];
      track_quote(c);
      ++m_at;
      if (c == '=' || c == ':') after_separator(c);
    }
    flush(m_text.size());
    return std::move(m_result);
  }

  bool ends_quoted() const { return m_quote != 0 || m_unknown_quotes; }

 private:
  // What was read so far is shown; the secret that follows is not.
  void flush(std::size_t end) {
    m_result.text += m_text.substr(m_shown, end - m_shown);
    m_shown = end;
  }

  void hide(std::size_t start, std::size_t end) {
    if (start >= end) return;
    flush(start);
    m_result.text += kRedacted;
    m_result.secrets.emplace_back(m_text.substr(start, end - start));
    for (; m_at < end; ++m_at) track_quote(m_text[m_at]);
    m_shown = m_at = end;
  }

  // In shell text a quote decides whether white space belongs to the secret.
  void track_quote(char c) {
    if (m_escaped) {
      m_escaped = false;
    } else if (c == '\\' && m_quote != '\'') {
      m_escaped = true;
    } else if (m_quote == 0 && (c == '\'' || c == '"')) {
      m_quote = c;
    } else if (c == m_quote) {
      m_quote = 0;
    }
  }

  std::size_t end_of_value(std::size_t start) const {
    std::size_t end = start;
    while (end < m_text.size() && !ends_secret(m_text[end])) ++end;
    return end;
  }

  // The end of the text between quotes of which the first stands before `start`; nullopt when it may hold a
  // command.
  std::optional<std::size_t> end_of_quoted(std::size_t start) const {
    const char quote = m_text[start - 1];
    const auto end = m_text.find(quote, start);
    if (end == std::string_view::npos || m_unknown_quotes) return std::nullopt;
    const auto value = m_text.substr(start, end - start);
    const bool inert = quote == '\'' || value.find_first_of("$`\\") == std::string_view::npos;
    return inert ? std::optional(end) : std::nullopt;
  }

  std::string_view key_before(std::size_t separator) const {
    std::size_t start = separator;
    while (start > 0 && separator - start < kMaxKey && is_key_byte(m_text[start - 1])) --start;
    return m_text.substr(start, separator - start);
  }

  void after_separator(char separator) {
    std::size_t key_end = m_at - 1;
    // {"password": "x"}: the quote closes the key.
    const bool quoted_key = key_end > 0 && (m_text[key_end - 1] == '"' || m_text[key_end - 1] == '\'');
    if (quoted_key) --key_end;
    const std::string_view key = key_before(key_end);
    if (key.empty()) return;
    if (separator == ':' && after_colon(key, quoted_key)) return;
    if (separator == '=' && is_secret_name(key, key.starts_with('-')))
      value_at(m_at, starts_word(key, key_end));
  }

  // An option at the start of the word: then the rest of the word is its value.
  bool starts_word(std::string_view key, std::size_t key_end) const {
    return m_extent == Extent::whole && key.size() == key_end && key.starts_with('-');
  }

  bool after_colon(std::string_view key, bool quoted_key) {
    std::size_t start = m_at;
    while (start < m_text.size() && (m_text[start] == ' ' || m_text[start] == '\t')) ++start;
    const std::string name = normal(key);
    const bool header = name.ends_with("authorization") || name == "cookie" || name == "setcookie";
    if (header) {
      authorization(start);
      return true;
    }
    // "image:token:latest" is no secret, "X-Api-Key: …" and "password":"…" are.
    if (!(quoted_key || start > m_at) || !is_secret_name(key, false)) return false;
    value_at(start, false);
    return true;
  }

  // "Authorization: Bearer SECRET": the scheme stays.
  void authorization(std::size_t start) {
    std::size_t word_end = start;
    while (word_end < m_text.size() && is_alphanumeric(m_text[word_end])) ++word_end;
    const std::string scheme = normal(m_text.substr(start, word_end - start));
    constexpr std::array<std::string_view, 10> kSchemes = {
        "bearer", "basic", "token",          "digest",          "negotiate",
        "apikey", "hawk",  "aws4hmacsha256", "genericprovider", "oauth"};
    const bool known = std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
    if (known && word_end < m_text.size() && is_space(m_text[word_end])) {
      while (word_end < m_text.size() && m_text[word_end] == ' ') ++word_end;
      start = word_end;
    }
    if (m_extent == Extent::whole) return hide(start, m_text.size());
    std::size_t end = start;
    // Inside quotes the header goes to the closing one; blanks belong to it.
    while (end < m_text.size() &&
           (!ends_secret(m_text[end]) || (m_quote != 0 && !m_unknown_quotes && m_text[end] == ' ')))
      ++end;
    hide(start, end);
  }

  void value_at(std::size_t start, bool to_the_end) {
    if (start >= m_text.size()) return;
    if (to_the_end) return hide(start, m_text.size());
    const char first = m_text[start];
    if ((first == '"' || first == '\'') && (m_quote == 0 || m_extent == Extent::whole)) {
      if (const auto end = end_of_quoted(start + 1)) return hide(start + 1, *end);
    }
    hide(start, end_of_value(start));
  }

  // An operator ends the URL for a shell; in a plain word it may be part of a password.
  bool ends_url(char c) const {
    if (m_extent == Extent::word) return ends_secret(c);
    return is_space(c) || std::string_view("'\"`<>").find(c) != std::string_view::npos;
  }

  // What follows the colon of "host:port" is no number: then it is a password.
  static bool odd_port(std::string_view authority) {
    const auto colon = authority.find(':');
    return colon != std::string_view::npos &&
           authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos;
  }

  // scheme://user:SECRET@host
  bool credential_url() {
    if (!m_text.substr(m_at).starts_with("://")) return false;
    const std::size_t start = m_at + 3;
    // Looked for once, not for every URL again.
    if (m_next_at < start) m_next_at = m_text.find('@', start);
    if (m_next_at > start + kMaxCredentials) {
      m_at = start;
      return true;
    }
    std::size_t end = start;
    std::size_t at = std::string_view::npos;
    bool password_goes_on = false;
    const std::size_t limit = std::min(m_text.size(), start + kMaxCredentials);
    for (; end < limit && !ends_url(m_text[end]); ++end) {
      if (m_text[end] == '@') at = end;
      if (m_text[end] != '/' && m_text[end] != '?' && m_text[end] != '#') continue;
      // Here the path starts, unless a password holds what it should have escaped.
      if (at != std::string_view::npos) break;
      if (!password_goes_on && !odd_port(m_text.substr(start, end - start))) break;
      password_goes_on = true;
    }
    m_at = start;
    if (at == std::string_view::npos) return true;
    const auto colon = m_text.substr(start, at - start).find(':');
    if (colon != std::string_view::npos) {
      hide(start + colon + 1, at);
    } else if (at - start >= 20) {
      hide(start, at);  // a token in place of the user
    }
    m_at = at;
    return true;
  }

  bool pem_block() {
    constexpr std::string_view kBegin = "-----BEGIN ";
    const auto rest = m_text.substr(m_at);
    if (!rest.starts_with(kBegin) || rest.substr(0, 64).find("PRIVATE KEY") == std::string_view::npos)
      return false;
    const std::size_t start = m_at + kBegin.size();
    std::size_t end = m_text.find("-----END", start);
    if (end == std::string_view::npos) end = m_text.size();
    // Base64 and line breaks only: nothing that a shell could run hides in it.
    const auto body = m_text.substr(start, end - start);
    const auto foreign = std::find_if(body.begin(), body.end(), [](char c) {
      return !is_alphanumeric(c) && !is_space(c) &&
             std::string_view("+/=-:,\\").find(c) == std::string_view::npos;
    });
    m_at = start;
    hide(start, start + static_cast<std::size_t>(foreign - body.begin()));
    return true;
  }

  bool token_format() {
    // Only where a word of letters starts.
    if (m_at > 0 && (is_alphanumeric(m_text[m_at - 1]) || m_text[m_at - 1] == '_')) return false;
    struct Format {
      std::string_view prefix;
      std::size_t length;  // at least, after the prefix
    };
    static constexpr std::array<Format, 26> kFormats = {{
        {"ghp_", 20},     {"gho_", 20},
        {"ghu_", 20},     {"ghs_", 20},
        {"ghr_", 20},     {"github_pat_", 20},
        {"glpat-", 16},   {"xoxb-", 10},
        {"xoxp-", 10},    {"xoxa-", 10},
        {"xoxr-", 10},    {"xapp-", 10},
        {"sk-", 20},      {"sk_live_", 16},
        {"rk_live_", 16}, {"AIza", 30},
        {"ya29.", 20},    {"hvs.", 16},
        {"npm_", 20},     {"pypi-", 20},
        {"dop_v1_", 20},  {"SG.", 20},
        {"eyJ", 20},      {"AKIA", 16},
        {"ASIA", 16},     {"AGE-SECRET-KEY-", 20},
    }};
    const auto rest = m_text.substr(m_at);
    for (const auto& format : kFormats) {
      if (!rest.starts_with(format.prefix)) continue;
      std::size_t end = format.prefix.size();
      while (end < rest.size() && (is_key_byte(rest[end]) || (format.prefix == "eyJ" && rest[end] == '=')))
        ++end;
      if (end - format.prefix.size() < format.length) continue;
      const std::size_t start = m_at + format.prefix.size();
      hide(start, m_at + end);
      return true;
    }
    return false;
  }

  std::string_view m_text;
  Extent m_extent;
  bool m_unknown_quotes;
  Redaction m_result;
  std::size_t m_at = 0, m_shown = 0, m_next_at = 0;
  char m_quote = 0;
  bool m_escaped = false;
};

}  // namespace

Redaction redact_text(std::string_view text, Extent extent, bool& quotes_open) {
  Scanner scanner(text, extent, quotes_open);
  Redaction redaction = scanner.scan();
  quotes_open = extent == Extent::word && scanner.ends_quoted();
  return redaction;
}

}  // namespace jit::context

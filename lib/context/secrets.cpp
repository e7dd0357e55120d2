#include "context/secrets.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "context/secret_shapes.hpp"

namespace jit::context {
namespace {

// How far a key may reach back, and the part of a URL before its @.
constexpr std::size_t kMaxKey = 64;
constexpr std::size_t kMaxCredentials = 4096;

// Reads one word or value and replaces the secrets in it.
class Scanner {
 public:
  Scanner(std::string_view text, const Place& place, bool starts_quoted)
      : m_text(text), m_place(place), m_unknown_quotes(starts_quoted) {}

  Redaction scan() {
    while (m_at < m_text.size()) {
      if (plain_range() || known_value() || private_key() || credential_url() || token()) continue;
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
  // Where a name stands, and what surrounds it.
  struct Name {
    std::string_view text;
    std::size_t start;
    bool quoted;  // {"password": "x"}: a quote closes it
  };

  // What was read so far is shown; the secret that follows is not.
  void flush(std::size_t end) {
    m_result.text += m_text.substr(m_shown, end - m_shown);
    m_shown = end;
  }

  void go_to(std::size_t end) {
    for (; m_at < end; ++m_at) track_quote(m_text[m_at]);
  }

  void hide(std::size_t start, std::size_t end) {
    if (start >= end) return;
    flush(start);
    m_result.text += kRedacted;
    m_result.secrets.emplace_back(m_text.substr(start, end - start));
    go_to(end);
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

  bool whole() const { return m_place.extent == Extent::whole; }
  bool in_quotes() const { return m_quote != 0 && !m_unknown_quotes; }

  bool plain_range() {
    while (m_next_plain < m_place.plain.size() && m_place.plain[m_next_plain].end <= m_at) ++m_next_plain;
    if (m_next_plain >= m_place.plain.size() || m_place.plain[m_next_plain].start > m_at) return false;
    go_to(m_place.plain[m_next_plain].end);
    return true;
  }

  bool known_value() {
    const auto& values = m_place.values;
    while (m_next_value < values.size() && values[m_next_value] < m_at) ++m_next_value;
    if (m_next_value >= values.size() || values[m_next_value] != m_at) return false;
    ++m_next_value;
    const std::size_t start = m_at;
    if (whole()) {
      hide(start, m_text.size());
    } else {
      hide_value(start, Blanks::belong, Paths::hidden, Commas::belong);
    }
    return m_at > start;
  }

  enum class Blanks { end, belong };
  enum class Paths { shown, hidden };
  enum class Commas { end, belong };

  std::size_t end_of_value(std::size_t start, Commas commas) const {
    std::size_t end = start;
    for (; end < m_text.size(); ++end) {
      const char c = m_text[end];
      if (ends_secret(c) && !(c == ',' && commas == Commas::belong)) break;
      if (m_text.substr(end).starts_with("/*")) break;  // white space of SQL
    }
    return end;
  }

  // The end of the text between quotes of which the first stands before `start`; nullopt when it may be more
  // than a secret.
  std::optional<std::size_t> end_of_quoted(std::size_t start, Blanks blanks) const {
    const auto end = m_text.find(m_text[start - 1], start);
    if (end == std::string_view::npos || end == start || m_unknown_quotes) return std::nullopt;
    const auto value = m_text.substr(start, end - start);
    const bool foreign = std::any_of(value.begin(), value.end(), [](char c) {
      return c == '*' || c == '\\' || (ends_secret(c) && c != ' ' && c != ',');
    });
    const bool words = value.find(' ') != std::string_view::npos;
    const bool split =
        value.starts_with(' ') || value.ends_with(' ') || value.find("  ") != std::string_view::npos;
    if (foreign || split || (words && blanks == Blanks::end)) return std::nullopt;
    return end;
  }

  void hide_value(std::size_t start, Blanks blanks, Paths paths, Commas commas) {
    if (start >= m_text.size()) return;
    const char first = m_text[start];
    std::optional<std::size_t> end;
    if ((first == '"' || first == '\'') && (m_quote != first || whole())) {
      ++start;
      end = end_of_quoted(start, blanks);
    }
    if (!end) end = end_of_value(start, commas);
    const auto value = m_text.substr(start, *end - start);
    if (value.starts_with("-----BEGIN")) return;  // a key has rules of its own
    if (paths == Paths::shown && looks_like_path(value)) return;
    hide(start, *end);
  }

  Name name_before(std::size_t separator) const {
    const bool quoted = separator > 0 && (m_text[separator - 1] == '"' || m_text[separator - 1] == '\'');
    if (quoted) --separator;
    std::size_t start = separator;
    while (start > 0 && separator - start < kMaxKey && is_name_or_token_byte(m_text[start - 1])) --start;
    return {m_text.substr(start, separator - start), start, quoted};
  }

  void after_separator(char separator) {
    const Name name = name_before(m_at - 1);
    if (name.text.empty()) return;
    if (separator == ':') return after_colon(name);
    const bool option = name.text.starts_with('-');
    if (!is_secret_name(name.text, option)) return;
    // A directory may have that name.
    if (name.start > 0 && m_text[name.start - 1] == '/' && !m_url) return;
    if (option && takes_the_rest(name)) return hide_to_the_end();
    // "--set password=x,image=y" are two; what stands in a variable is one.
    const bool variable = std::none_of(name.text.begin(), name.text.end(),
                                       [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '.'; });
    const bool blanks = whole() || option;
    hide_value(m_at, blanks ? Blanks::belong : Blanks::end, Paths::shown,
               variable && is_beginning(name.start) ? Commas::belong : Commas::end);
  }

  void hide_to_the_end() {
    const auto value = m_text.substr(m_at);
    if (!value.starts_with("-----BEGIN") && !looks_like_path(value)) hide(m_at, m_text.size());
  }

  // An option at the start of the word: then the rest of the word is its value. Behind another option the
  // word may be a text that this one takes.
  bool takes_the_rest(const Name& name) const {
    if (!whole() || name.start != 0 || name.quoted) return false;
    return m_place.operand || m_text.find_first_of(" \t\n\r;|&`*()<>", m_at) == std::string_view::npos;
  }

  bool is_beginning(std::size_t start) const {
    return start == 0 || is_secret_blank(m_text[start - 1]) || m_text[start - 1] == '\'' ||
           m_text[start - 1] == '"';
  }

  // Not within a path, a mount or a refspec: "/a/token: x", "+cookie:x".
  bool may_start_header(std::size_t start) const {
    return start == 0 || std::string_view("'\"={\n").find(m_text[start - 1]) != std::string_view::npos;
  }

  // Whether -H, --header or http.extraHeader= stands before the name.
  bool is_header_option(const Name& name) const {
    if (name.start == 0) return m_place.header || name.text.starts_with("-H");
    auto before = m_text.substr(0, name.start);
    if (before.ends_with('"') || before.ends_with('\'')) before.remove_suffix(1);
    if (before.empty()) return m_place.header;
    if (normal_name(before.substr(before.size() - std::min<std::size_t>(before.size(), 7))) == "header")
      return before.ends_with('=');
    const auto last = before.find_last_not_of(" \t");
    if (last == std::string_view::npos) return false;
    if (before.size() == last + 1 && !before.ends_with("-H")) return false;
    before = before.substr(0, last + 1);
    return before.ends_with(" -H") || before.ends_with("-header") || before == "-H";
  }

  void after_colon(const Name& name) {
    std::size_t start = m_at;
    while (start < m_text.size() && (m_text[start] == ' ' || m_text[start] == '\t')) ++start;
    const bool blank = start > m_at;
    const bool header = is_secret_header(name.text);
    if (!header && !is_secret_name(name.text, false)) return;
    const bool option = is_header_option(name);
    // A shell takes what follows the blank as another word.
    const bool one_word = whole() || in_quotes();
    if (header) {
      if (option || (may_start_header(name.start) && blank && one_word)) header_value(start, option);
      return;
    }
    // "image:token:latest" is no secret, "X-Api-Key: …" and "password":"…" are.
    if (option) return header_value(start, option);
    const bool within =
        name.start > 0 && std::string_view("/+:").find(m_text[name.start - 1]) != std::string_view::npos;
    if (within || !(name.quoted || (blank && one_word))) return;
    hide_value(start, whole() || name.quoted ? Blanks::belong : Blanks::end, Paths::shown, Commas::end);
  }

  // "Authorization: Bearer SECRET": the scheme stays.
  void header_value(std::size_t start, bool option) {
    std::size_t end = start;
    while (end < m_text.size() && (is_ascii_alphanumeric(m_text[end]) || m_text[end] == '-')) ++end;
    if (end < m_text.size() && m_text[end] == ' ' && is_auth_scheme(m_text.substr(start, end - start))) {
      while (end < m_text.size() && m_text[end] == ' ') ++end;
      start = end;
    }
    if (option && whole() && m_place.http_client) return hide(start, m_text.size());
    hide_value(start, Blanks::end, Paths::shown, Commas::end);
  }

  // What follows the colon of "host:port" is no number: then it is a password.
  static bool odd_port(std::string_view authority) {
    const auto colon = authority.find(':');
    return colon != std::string_view::npos &&
           authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos;
  }

  // Where the @ behind user:password stands; npos when there is none.
  std::size_t end_of_userinfo(std::size_t start) const {
    std::size_t at = std::string_view::npos;
    bool password_goes_on = false;
    const std::size_t limit = std::min(m_text.size(), start + kMaxCredentials);
    for (std::size_t end = start; end < limit && is_userinfo_byte(m_text[end]); ++end) {
      if (m_text[end] == '@') at = end;
      if (m_text[end] != '/' && m_text[end] != '?' && m_text[end] != '#') continue;
      // Here the path starts, unless a password holds what it should have escaped.
      if (at != std::string_view::npos || !whole()) break;
      if (!password_goes_on && !odd_port(m_text.substr(start, end - start))) break;
      password_goes_on = true;
    }
    return at;
  }

  // scheme://user:SECRET@host
  bool credential_url() {
    if (!m_text.substr(m_at).starts_with("://")) return false;
    const std::size_t start = m_at + 3;
    const bool scheme = m_at > 0 && is_ascii_alphanumeric(m_text[m_at - 1]);
    m_url = m_url || scheme;
    // Looked for once, not for every URL again.
    if (m_next_at < start) m_next_at = m_text.find('@', start);
    const bool near = m_next_at <= start + kMaxCredentials;
    go_to(start);
    const std::size_t at = scheme && near ? end_of_userinfo(start) : std::string_view::npos;
    if (at == std::string_view::npos) return true;
    const bool host =
        at + 1 < m_text.size() && (is_ascii_alphanumeric(m_text[at + 1]) || m_text[at + 1] == '[');
    const auto userinfo = m_text.substr(start, at - start);
    const auto colon = userinfo.find(':');
    const auto secret = userinfo.substr(colon == std::string_view::npos ? 0 : colon + 1);
    const bool path = looks_like_path(secret) || secret.find("//") != std::string_view::npos;
    if (colon != std::string_view::npos ? host && !path : secret.size() >= 20) {
      hide(at - secret.size(), at);  // without a colon: a token in place of the user
    }
    go_to(at);
    return true;
  }

  bool private_key() {
    if (m_text[m_at] != '-') return false;
    const bool alone = whole() && m_place.operand && m_at == 0;
    const auto end = end_of_private_key(m_text.substr(m_at), alone);
    if (!end) return false;
    const std::size_t start = m_at + std::string_view("-----BEGIN ").size();
    hide(start, m_at + *end);
    return true;
  }

  bool token() {
    // Only where a word of letters starts.
    if (m_at > 0 && (is_ascii_alphanumeric(m_text[m_at - 1]) || m_text[m_at - 1] == '_')) return false;
    const auto found = known_token(m_text.substr(m_at));
    if (found) hide(m_at + found->prefix, m_at + found->end);
    return found.has_value();
  }

  std::string_view m_text;
  const Place& m_place;
  bool m_unknown_quotes;
  Redaction m_result;
  std::size_t m_at = 0, m_shown = 0, m_next_at = 0, m_next_value = 0, m_next_plain = 0;
  char m_quote = 0;
  bool m_escaped = false;
  bool m_url = false;  // a URL has started
};

}  // namespace

Redaction redact_text(std::string_view text, const Place& place, bool& quotes_open) {
  Scanner scanner(text, place, quotes_open);
  Redaction redaction = scanner.scan();
  quotes_open = place.extent == Extent::word && scanner.ends_quoted();
  return redaction;
}

}  // namespace jit::context

// What secrets look like, and what their names are.
#include "context/secret_shapes.hpp"

#include <algorithm>
#include <array>

namespace jit::context {
namespace {

constexpr std::array<std::string_view, 20> kSecretEndings = {
    "password",   "passwd",     "passphrase", "secret",       "token",         "apikey",      "accesskey",
    "secretkey",  "authkey",    "passcode",   "sharedaccess", "credential",    "credentials", "pgpass",
    "privatekey", "accountkey", "mysqlpwd",   "userpass",     "secretkeybase", "oauth2bearer"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// "--ask-pass", "--no-password": switches about a secret, not secrets.
bool asks_for_it(std::string_view option) {
  constexpr std::array<std::string_view, 9> kParts = {"-no-",   "-ask-",  "-prompt", "-skip-", "-without-",
                                                      "-with-", "-show-", "-use-",   "-reset-"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](auto part) { return option.find(part) != std::string_view::npos; });
}

}  // namespace

bool is_ascii_alphanumeric(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}

bool is_name_or_token_byte(char c) {
  return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}

bool is_secret_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ends_secret(char c) {
  return is_secret_blank(c) || std::string_view("'\"`;|&<>(){}$,").find(c) != std::string_view::npos;
}

bool is_userinfo_byte(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f &&
         std::string_view("'\"`;|&<>(){}$*\\").find(c) == std::string_view::npos;
}

std::string normal_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (is_upper(c)) result += static_cast<char>(c - 'A' + 'a');
    if (is_lower(c) || is_digit(c)) result += c;
  }
  return result;
}

bool is_secret_name(std::string_view name, bool option) {
  const std::string plain = normal_name(name);
  if (option && (plain.ends_with("privatekey") || asks_for_it(name))) return false;
  if (plain == "pass" || plain == "pwd" || plain == "auth" || plain == "bearer")
    return name.find("PWD") != 0 || name.size() > 3;
  for (const auto ending : kSecretEndings) {
    if (plain.ends_with(ending)) return true;
  }
  return name.ends_with("-pass") || name.ends_with("_PASS") || name.ends_with("_pass") ||
         name.ends_with("_PWD");
}

bool names_next_word_secret(std::string_view option) {
  if (!is_secret_name(option, true)) return false;
  if (option.starts_with("--")) return true;
  constexpr std::array<std::string_view, 8> kWhole = {"password", "passwd", "passphrase", "pass",
                                                      "secret",   "token",  "apikey",     "pwd"};
  return std::find(kWhole.begin(), kWhole.end(), normal_name(option)) != kWhole.end();
}

bool is_secret_header(std::string_view name) {
  const std::string plain = normal_name(name);
  return plain.ends_with("authorization") || plain == "cookie" || plain == "setcookie" || plain == "hcookie";
}

bool is_auth_scheme(std::string_view word) {
  constexpr std::array<std::string_view, 10> kSchemes = {
      "bearer", "basic", "token",          "digest",          "negotiate",
      "apikey", "hawk",  "aws4hmacsha256", "genericprovider", "oauth"};
  return std::find(kSchemes.begin(), kSchemes.end(), normal_name(word)) != kSchemes.end();
}

bool looks_like_path(std::string_view value) {
  if (!value.starts_with('/') && !value.starts_with("~/") && value.find("..") == std::string_view::npos)
    return false;
  const bool absolute = !value.starts_with('.') && value.find('/') == 0;
  bool random = false;
  bool up = false;
  std::string_view rest = value;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    up = up || part == "..";
    // Base64, too, may start with a slash.
    random =
        random || part.find_first_of("+=") != std::string_view::npos ||
        (part.size() >= 20 && std::any_of(part.begin(), part.end(), is_digit) &&
         std::any_of(part.begin(), part.end(), is_lower) && std::any_of(part.begin(), part.end(), is_upper));
  }
  return up || value.starts_with("~/") || (absolute && !random);
}

std::optional<Token> known_token(std::string_view text) {
  struct Format {
    std::string_view prefix;
    std::size_t length;  // at least, after the prefix
  };
  static constexpr std::array<Format, 27> kFormats = {{
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
      {"whsec_", 20},
  }};
  for (const auto& format : kFormats) {
    if (!text.starts_with(format.prefix)) continue;
    std::size_t end = format.prefix.size();
    while (end < text.size() &&
           (is_name_or_token_byte(text[end]) || (format.prefix == "eyJ" && text[end] == '=')))
      ++end;
    if (end - format.prefix.size() >= format.length) return Token{format.prefix.size(), end};
  }
  return std::nullopt;
}

namespace {

// A line break, or "\n" as it is written in JSON; 0 when there is none.
std::size_t line_break(std::string_view text) {
  if (text.starts_with('\n') || text.starts_with('\r')) return 1;
  return text.starts_with("\\n") || text.starts_with("\\r") ? 2 : 0;
}

std::size_t key_line(std::string_view text) {
  constexpr std::size_t kLongestHeader = 80;
  std::size_t end = 0;
  const bool header = text.starts_with("Proc-Type: ") || text.starts_with("DEK-Info: ");
  while (end < text.size() &&
         (is_ascii_alphanumeric(text[end]) ||
          std::string_view("+/=").find(text[end]) != std::string_view::npos ||
          (header && std::string_view(":, -").find(text[end]) != std::string_view::npos)))
    ++end;
  return header && end > kLongestHeader ? 0 : end;
}

}  // namespace

std::optional<std::size_t> end_of_private_key(std::string_view text, bool short_lines) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kLabel = "PRIVATE KEY-----";
  // A line shorter than this could be a command; the last line of a key can be as short as it likes, so of it
  // less is asked.
  constexpr std::size_t kWholeLine = 40;
  constexpr std::size_t kShortLine = 16;
  if (!text.starts_with(kBegin)) return std::nullopt;
  const auto label = text.substr(0, 64).find(kLabel);
  if (label == std::string_view::npos) return std::nullopt;
  const auto kind = text.substr(kBegin.size(), label - kBegin.size());
  if (!std::all_of(kind.begin(), kind.end(), [](char c) { return is_upper(c) || is_digit(c) || c == ' '; }))
    return std::nullopt;
  std::size_t end = label + kLabel.size();
  while (end < text.size()) {
    std::size_t at = end;
    while (const auto length = line_break(text.substr(at))) at += length;
    if (!short_lines && at == end && text[at] == ' ') ++at;
    const std::size_t length = key_line(text.substr(at));
    if (at == end || length == 0) return text.substr(at).starts_with("-----END") ? at : end;
    const auto line = text.substr(at, length);
    const auto behind = text.substr(at + length);
    const bool last = behind.substr(std::min(line_break(behind), behind.size())).starts_with("-----END");
    const bool certain = line.size() >= (last ? kShortLine : kWholeLine) && !line.starts_with('/');
    const bool header = line.find(": ") != std::string_view::npos;
    if (!short_lines && !certain && !header && !line.ends_with('=')) return end;
    end = at + length;
  }
  return end;
}

}  // namespace jit::context

#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace jit::context {

/// Whether what a name stands for is a secret. `option`: of a command line, where a "key" mostly is the name
/// of a file.
bool is_secret_name(std::string_view name, bool option);
/// Whether the word behind this option is a secret by the option's name: "--db-password", "-password". In
/// "-nprod-secret" and "-psecret" the name is a value that stands behind a letter.
bool names_next_word_secret(std::string_view option);
/// "DB_Password", "dbPassword" and "--db-password" all end in "password": lower case, without separators.
std::string normal_name(std::string_view name);
/// Authorization and Cookie: headers whose whole value is secret.
bool is_secret_header(std::string_view name);
/// "Bearer", "Basic" and the like, which stand before a secret and are none.
bool is_auth_scheme(std::string_view word);

/// True for what no secret goes beyond, where a larger text holds it.
bool ends_secret(char c);
bool is_secret_blank(char c);
bool is_ascii_alphanumeric(char c);
/// A byte of the name before `=` or `:`, and of a token.
bool is_name_or_token_byte(char c);
/// A byte of the `user:password` of a URL; others have to be escaped there.
bool is_userinfo_byte(char c);

/// A file's name rather than a secret: with "..", or absolute and not random.
bool looks_like_path(std::string_view value);

/// The length of the secret part of a token of a known format that `text` starts with, behind its prefix.
struct Token {
  std::size_t prefix, end;
};
std::optional<Token> known_token(std::string_view text);

/// Where the private key that `text` starts with ("-----BEGIN … PRIVATE KEY-----") ends; nullopt when there
/// is none. Only what can be nothing else than the lines of a key belongs to it: a short line could be a
/// command, unless `short_lines`.
std::optional<std::size_t> end_of_private_key(std::string_view text, bool short_lines);

}  // namespace jit::context

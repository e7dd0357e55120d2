#pragma once
#include <string>
#include <string_view>

namespace jit::config {

/// What the value of a key may be.
enum class ValueKind { backend_url, path, effect, audit, boolean, color };

/// One key: the table in keys.cpp is the only list of them.
struct Key {
  std::string_view name;
  std::string_view what;  // for --help
  /// What the system's file says of it stands against variables, flags and the user's file.
  bool guarded = false;
  ValueKind kind = ValueKind::path;
  std::string_view built_in = {};  // empty: no value
  /// Where the system's file sets `policies` or `backend`, only it sets this one: those would mean little if
  /// a user could choose what happens where no rule matches, what is recorded, and which program or authority
  /// speaks for the backend.
  bool goes_with_fixed = false;
};

/// nullptr when there is no such key.
const Key* find_key(std::string_view name);

/// Where a value is written decides how paths in it are read.
struct Place {
  enum class Kind { file, variable, flag };
  Kind kind = Kind::file;
  std::string home;  // for `~/` in files; empty when it is not known
};

/// The value as it is kept: `~/` expanded, a flag's relative path made absolute, booleans `true` or `false`.
/// Throws UsageError with words that follow "KEY: ", such as `must be allow, ask or deny, not "alow" (did you
/// mean "allow"?)`.
std::string checked_value(const Key& key, const std::string& written, const Place& place);

/// "--token-file" and "JIT_RUN_TOKEN_FILE" for "token_file".
std::string flag_of(const Key& key);
std::string variable_of(const Key& key);

}  // namespace jit::config

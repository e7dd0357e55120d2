#include "config/keys.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <vector>

#include "config/settings.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::config {
namespace {

// What decides (backend, policies, default, audit), whom to trust (ca_file, helper_path) and who one is (the
// rest of the files) is guarded; what only changes how it looks is not.
constexpr std::array<Key, 12> kKeys{{
    {"backend", "where requests are posted: local, local:/DIRECTORY, https://HOST", true,
     ValueKind::backend_url, "local", true},
    {"policies", "a policy file or a directory of them", true, ValueKind::path, {}, true},
    {"default", "what holds where no rule matches: allow, ask or deny", true, ValueKind::effect, "ask", true},
    {"audit", "what the trail holds: asked, or all", true, ValueKind::audit, "asked", true},
    {"token_file", "who you are to a server; mode 0600", true, ValueKind::path},
    {"ca_file", "PEM: who vouches for the server", true, ValueKind::path, {}, true},
    {"client_cert", "PEM: your certificate", true, ValueKind::path},
    {"client_key", "PEM: its key", true, ValueKind::path},
    {"helper_path", "where other backends' helpers are", true, ValueKind::path, {}, true},
    {"signing_key", "the SSH key that signs approvals", true, ValueKind::path},
    {"quiet", "say nothing while all goes well", false, ValueKind::boolean, "false"},
    {"color", "auto, always or never", false, ValueKind::color, "auto"},
}};

std::string checked_word(const std::string& written, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), written) != words.end()) return written;
  std::string list = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) list += (i + 1 == words.size() ? " or " : ", ") + words[i];
  throw util::UsageError("must be " + list + ", not \"" + written + "\"" +
                         util::did_you_mean(written, words));
}

std::string working_directory() {
  std::array<char, PATH_MAX> path{};
  // An unreachable directory is "(unreachable)/...": not absolute, so not usable.
  if (::getcwd(path.data(), path.size()) == nullptr || path[0] != '/') {
    throw util::UsageError("a relative path, and the working directory is gone", "write the whole path");
  }
  return path.data();
}

std::string checked_path(const std::string& written, const Place& place) {
  if (written.empty()) throw util::UsageError("must be a path, not empty");
  if (written.find('\0') != std::string::npos) throw util::UsageError("must be a path, without NUL");
  if (written.front() == '/') return written;
  if (place.kind == Place::Kind::flag) {
    const std::string directory = working_directory();
    return directory + (directory == "/" ? "" : "/") + written;
  }
  if (place.kind == Place::Kind::file && written.starts_with("~/") && !place.home.empty()) {
    return place.home + written.substr(1);
  }
  throw util::UsageError(
      "must be an absolute path, not \"" + written + "\"",
      "nothing is read from the working directory; start it with / (in a file also with ~/)");
}

std::string checked_backend(const std::string& written, const Place& place) {
  if (written == "local") return written;
  const std::size_t colon = written.find(':');
  const std::string scheme = written.substr(0, colon);
  const auto in_scheme = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
  };
  const bool is_url = colon != std::string::npos && colon > 0 && scheme.front() >= 'a' &&
                      scheme.front() <= 'z' && std::all_of(scheme.begin(), scheme.end(), in_scheme);
  const bool clean = std::all_of(written.begin(), written.end(),
                                 [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  if (scheme == "local" || scheme == "unix")
    return scheme + ":" + checked_path(written.substr(colon + 1), place);
  if (!is_url || !clean) {
    throw util::UsageError("must be local, local:DIRECTORY, unix:/PATH or a URL, not \"" + written + "\"");
  }
  return written;
}

std::string checked_boolean(const std::string& written) {
  if (written == "1") return "true";
  if (written == "0") return "false";
  return checked_word(written, {"true", "false"});
}

}  // namespace

const Key* find_key(std::string_view name) {
  const auto* key = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& k) { return k.name == name; });
  return key == kKeys.end() ? nullptr : key;
}

std::string what_is(const std::string& key) {
  const Key* found = find_key(key);
  return found == nullptr ? "" : std::string(found->what);
}

const std::vector<std::string>& keys() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Key& key : kKeys) names.emplace_back(key.name);
    return names;
  }();
  return kNames;
}

std::string checked_value(const Key& key, const std::string& written, const Place& place) {
  switch (key.kind) {
    case ValueKind::backend_url:
      return checked_backend(written, place);
    case ValueKind::path:
      return checked_path(written, place);
    case ValueKind::effect:
      return checked_word(written, {"allow", "ask", "deny"});
    case ValueKind::audit:
      return checked_word(written, {"asked", "all"});
    case ValueKind::boolean:
      return checked_boolean(written);
    case ValueKind::color:
      return checked_word(written, {"auto", "always", "never"});
  }
  throw util::UsageError("is of an unknown kind");
}

std::string flag_of(const Key& key) {
  std::string flag = "--" + std::string(key.name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string variable_of(const Key& key) {
  std::string variable = "JIT_RUN_" + std::string(key.name);
  for (char& c : variable) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return variable;
}

}  // namespace jit::config

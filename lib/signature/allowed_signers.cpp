#include "signature/allowed_signers.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "signature/public_key.hpp"
#include "signature/statement.hpp"
#include "util/base64.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::signature {
namespace {

constexpr std::size_t kLargestFile = 1U << 20U;
constexpr std::string_view kBlank = " \t";
constexpr std::string_view kKrl{"SSHKRL\n\0", 8};

// One line, and how to say that something is wrong with it.
struct Line {
  std::string where;
  std::string_view rest;

  [[noreturn]] void refuse(const std::string& text, const std::string& hint = {}) const {
    throw util::UsageError(where + text, hint);
  }

  // Up to a blank that is not within double quotes.
  std::string take_word() {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
    std::size_t end = 0;
    bool quoted = false;
    for (; end < rest.size() && (quoted || kBlank.find(rest[end]) == std::string_view::npos); ++end) {
      if (rest[end] == '"') quoted = !quoted;
    }
    if (quoted) refuse("a quote that does not end");
    std::string word(rest.substr(0, end));
    rest.remove_prefix(end);
    return word;
  }
};

// Calls `read` with each line that says something.
template <typename Read>
void each_line(std::string_view text, const std::string& name, const Read& read) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Line line{util::visible(name) + ":" + std::to_string(number) + ": ", text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool odd = std::any_of(line.rest.begin(), line.rest.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (odd) line.refuse("a control character (a carriage return?)");
    line.rest.remove_prefix(std::min(line.rest.find_first_not_of(kBlank), line.rest.size()));
    if (!line.rest.empty() && line.rest.front() != '#') read(line);
  }
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

bool has_wildcard(const std::string& text) {
  return text.find_first_of("*?!") != std::string::npos;
}

std::vector<std::string> principals_of(const Line& line, const std::string& word) {
  auto names = split(word);
  for (const std::string& name : names) {
    if (has_wildcard(name))
      line.refuse("the principal " + util::visible(name) + " stands for many: name each user",
                  "principals are user names, separated by commas");
    if (name.empty() || name.find_first_of("\"\\") != std::string::npos)
      line.refuse("\"" + util::visible(name) + "\" is no user name");
  }
  return names;
}

using Options = std::map<std::string, std::string>;

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// "cert-authority,namespaces="a,b",valid-before="20270101""
Options options_of(const Line& line, std::string_view word) {
  Options options;
  while (!word.empty()) {
    const std::size_t end = std::min(word.find_first_of("=,"), word.size());
    const std::string name = lower(std::string(word.substr(0, end)));
    word.remove_prefix(end);
    std::string value;
    if (word.starts_with('=')) {
      const std::size_t close =
          word.size() > 1 && word[1] == '"' ? word.find('"', 2) : std::string_view::npos;
      if (close == std::string_view::npos)
        line.refuse("the value of " + util::visible(name) + " is not in quotes");
      value = word.substr(2, close - 2);
      word.remove_prefix(close + 1);
    }
    if (!word.empty() && (!word.starts_with(',') || word.size() == 1))
      line.refuse("a comma is missing or too many");
    if (!word.empty()) word.remove_prefix(1);
    if (value.find('\\') != std::string::npos)
      line.refuse("a backslash in the value of " + util::visible(name));
    if (!options.emplace(name, value).second) line.refuse(util::visible(name) + " is said twice");
  }
  return options;
}

// YYYYMMDD[HHMM[SS]][Z]
bool is_timestamp(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  return (text.size() == 8 || text.size() == 12 || text.size() == 14) &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_options(const Line& line, const Options& options) {
  static const std::vector<std::string> kKnown{"cert-authority", "namespaces", "valid-after", "valid-before"};
  for (const auto& [name, value] : options) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      line.refuse("unknown option \"" + util::visible(name) + "\"" + util::did_you_mean(name, kKnown));
    if (name.starts_with("valid-") && !is_timestamp(value))
      line.refuse(name + " is no time", "write YYYYMMDD or YYYYMMDDHHMMSS, with Z for UTC");
    if (name == "cert-authority" && !value.empty()) line.refuse("cert-authority has no value");
  }
  if (!options.contains("namespaces"))
    line.refuse("without namespaces= this key could sign anything",
                "write namespaces=\"" + std::string(kNamespace) + "\" before the key");
  for (const std::string& name : split(options.at("namespaces"))) {
    if (has_wildcard(name)) line.refuse("a wildcard in namespaces=: name what the key may sign");
  }
}

bool is_for_reviews(const Options& options) {
  const auto names = split(options.at("namespaces"));
  return std::find(names.begin(), names.end(), kNamespace) != names.end();
}

// A key as it is written: its type and its base64. Gives both, and refuses what is neither or too weak.
std::string key_of(const Line& line, const std::string& type, const std::string& base64,
                   bool must_be_strong) {
  const auto blob = util::from_base64(base64);
  if (!blob || type_of(*blob) != type) line.refuse("this is no public key", "copy the line of the .pub file");
  const std::string weak = must_be_strong ? why_weak(*blob) : "";
  if (!weak.empty()) line.refuse(weak, "make a new key: ssh-keygen -t ed25519");
  return type + " " + base64;
}

// One key is one person's: with it, somebody of two names would fill two seats, or approve their own.
void check_owner(const Line& line, const std::vector<std::string>& people, const std::string& key,
                 std::map<std::string, std::string>& owners) {
  if (people.size() > 1)
    line.refuse("one key for " + util::visible(util::join(people, " and ")) + ": a key is one person's",
                "give each a key of their own");
  const auto [owner, is_new] = owners.try_emplace(key, people.front());
  if (!is_new && owner->second != people.front())
    line.refuse("this key is " + util::visible(owner->second) + "'s already: a key is one person's",
                "give each a key of their own");
}

void read_signer(Line line, AllowedSigners& signers) {
  const auto people = principals_of(line, line.take_word());
  std::string word = line.take_word();
  // As ssh-keygen tells them apart: what is no type of a key is options.
  const bool is_type = word.find_first_of("=,\"") == std::string::npos && lower(word) != "cert-authority";
  const Options options = options_of(line, is_type ? std::string() : word);
  check_options(line, options);
  const std::string type = line.take_word();
  if (type.find("-cert-v01@") != std::string::npos)
    line.refuse("a certificate", "name the authority's key here, with cert-authority");
  const std::string key = key_of(line, type, line.take_word(), is_for_reviews(options));
  if (!is_for_reviews(options)) return;
  // An authority's certificates say themselves whose each is.
  if (!options.contains("cert-authority")) check_owner(line, people, key, signers.owners);
  std::string text = util::join(people, ",") + " ";
  if (options.contains("cert-authority")) text += "cert-authority,";
  text += "namespaces=\"" + std::string(kNamespace) + "\"";
  for (const char* limit : {"valid-after", "valid-before"}) {
    if (options.contains(limit)) text += "," + std::string(limit) + "=\"" + options.at(limit) + "\"";
  }
  signers.text += text + " " + key + "\n";
  signers.people.insert(people.begin(), people.end());
}

std::string read_file(const std::string& path) {
  try {
    auto text = util::read_trusted(path, kLargestFile);
    if (text) return std::move(*text);
  } catch (const util::SystemError& error) {
    throw util::UsageError(error.what(), "who gates, reviews or serves must be able to read it");
  }
  throw util::UsageError(util::visible(path) + ": no such file",
                         "where --signers or a policy's allowed_signers names it");
}

}  // namespace

bool names_key(const AllowedSigners& signers, const std::string& person, const std::string& key) {
  const auto owner = signers.owners.find(type_of(key) + " " + util::base64(key));
  return owner != signers.owners.end() && owner->second == person;
}

// No name has a quote in it.
AllowedSigners without_times(const AllowedSigners& signers) {
  AllowedSigners timeless = signers;
  std::string& text = timeless.text;
  for (const std::string_view limit : {",valid-after=\"", ",valid-before=\""}) {
    for (auto at = text.find(limit); at != std::string::npos; at = text.find(limit))
      text.erase(at, text.find('"', at + limit.size()) + 1 - at);
  }
  return timeless;
}

AllowedSigners parse_allowed_signers(const std::string& text, const std::string& name) {
  AllowedSigners signers;
  each_line(text, name, [&](const Line& line) { read_signer(line, signers); });
  return signers;
}

AllowedSigners load_allowed_signers(const std::string& path) {
  return parse_allowed_signers(read_file(path), path);
}

std::string load_revoked_signers(const std::string& path) {
  std::string text = read_file(path);
  if (text.starts_with(kKrl)) return text;
  std::string keys;
  each_line(text, path, [&](Line line) {
    const std::string type = line.take_word();
    keys += key_of(line, type, line.take_word(), false) + "\n";
  });
  if (keys.empty())
    throw util::UsageError(util::visible(path) + ": revokes nothing",
                           "leave revoked_signers out of the policy until there is something to revoke");
  return keys;
}

}  // namespace jit::signature

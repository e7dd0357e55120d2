#include <algorithm>
#include <nlohmann/json.hpp>

#include "terminal/activity.hpp"
#include "terminal/facts.hpp"
#include "terminal/previews.hpp"
#include "terminal/render.hpp"
#include "terminal/systems.hpp"
#include "util/text.hpp"
#include "util/visible.hpp"

namespace jit::terminal {
namespace {

using util::Json;
using util::visible;

constexpr std::size_t kLongCommand = 2000;
constexpr std::size_t kLongBlank = 16;
constexpr std::size_t kMostWordWarnings = 4;

using Warnings = std::vector<std::string>;

// Dashes and quotation marks as word processors write them mean nothing in prose.
std::string without_typography(const std::string& prose) {
  std::string rest;
  std::string_view text = prose;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto point = util::take_code_point(text);
    if (!point) text.remove_prefix(1);
    const bool typography =
        point && ((*point >= 0x2010 && *point <= 0x2015) || (*point >= 0x2018 && *point <= 0x201f) ||
                  *point == 0x2026 || *point == 0xa0 || *point == '\n');
    if (!typography) rest += before.substr(0, before.size() - text.size());
  }
  return rest;
}

void warn_of_text(Warnings& found, const std::string& what, const std::string& text) {
  const std::string clause = oddities(text);
  if (!clause.empty()) found.push_back(what + " " + clause);
}

void warn_of_values(Warnings& found, const std::string& name, const Json& value) {
  if (value.is_string()) return warn_of_text(found, name, value.get_ref<const std::string&>());
  if (!value.is_structured()) return;
  for (const auto& [key, inner] : value.items()) {
    if (value.is_object()) warn_of_text(found, "a name in " + name, key);
    warn_of_values(found, name + "." + visible(key), inner);
  }
}

void warn_of_command(Warnings& found, const Json& context) {
  const auto argv = argv_of(context);
  std::size_t length = 0;
  Warnings words;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    const std::string word = "word " + std::to_string(i) + " of the command";
    warn_of_text(words, word, argv[i]);
    if (argv[i].find(std::string(kLongBlank, ' ')) != std::string::npos) {
      words.push_back(word + " holds a long run of spaces: what follows it is easily missed");
    }
    length += argv[i].size() + 1;
  }
  // A thousand such words need no thousand warnings: they would push all others off the screen.
  if (words.size() > kMostWordWarnings) {
    const std::size_t more = words.size() - kMostWordWarnings;
    words.resize(kMostWordWarnings);
    words.push_back("and so it is in " + std::to_string(more) + " more places of the command");
  }
  found.insert(found.end(), words.begin(), words.end());
  if (length > kLongCommand) {
    found.push_back("the command is long: " + std::to_string(argv.size()) + " words, " +
                    std::to_string(length - 1) + " bytes; read it to its end");
  }
}

void warn_of_redactions(Warnings& found, const Json& context) {
  const Json& redactions = member(member(context, "command"), "redactions");
  if (!redactions.is_array()) return;
  Warnings words;
  for (const auto& redaction : redactions) {
    const std::string word = visible(text_of(member(redaction, "arg")));
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  if (words.empty()) return;
  found.push_back("a secret in word " + util::join(words, ", ") +
                  " of the command is not shown; the approval is bound to its value");
}

void warn_of_content(Warnings& found, const Json& context) {
  const Json& command = member(context, "command");
  if (member(command, "sha256").is_null())
    found.emplace_back("the content of the program is not bound: it may change unnoticed");
  const Json& files = member(command, "files");
  if (!files.is_array()) return;
  for (const auto& file : files) {
    if (!member(file, "sha256").is_null()) continue;
    found.push_back("the content of " + visible(text_of(member(file, "path"))) +
                    " is not bound: " + visible(text_of(member(file, "why"), "it could not be read")));
  }
}

void warn_of_surroundings(Warnings& found, const Json& context) {
  const Json& unsafe = member(context, "unsafe_env");
  Warnings names;
  if (unsafe.is_object()) {
    for (const auto& [name, value] : unsafe.items()) {
      // Shown and bound like the others, but every developer's is unusual: a warning would soon be passed
      // over.
      if (name != "PATH" && name != "HOME") names.push_back(visible(name));
    }
  }
  if (!names.empty()) {
    found.push_back(util::join(names, ", ") + (names.size() == 1 ? " is set and" : " are set and") +
                    " can make the command do something else");
  }
  const Json& git = member(context, "git");
  if (git.is_object() && member(git, "dirty") == Json(true))
    found.emplace_back("the git work tree has uncommitted changes");
  if (git.is_object() && member(git, "dirty").is_null()) {
    found.emplace_back("whether the git work tree has uncommitted changes is not known, and not bound");
  }
  const Json& active = member(member(context, "warnings"), "active");
  if (!active.is_array()) return;
  constexpr std::size_t kMostActive = 10;  // the gravest are the first
  if (active.size() > kMostActive)
    found.push_back("active now: " + std::to_string(active.size()) +
                    " warnings or more, of which these are the first");
  for (std::size_t i = 0; i < std::min(active.size(), kMostActive); ++i) {
    const Json& alert = active[i];
    if (member(alert, "severity") == "info") continue;  // shown with the others, and nothing to beware of
    const std::string source = text_of(member(alert, "source"));
    found.push_back("active now: " + visible(text_of(member(alert, "severity"), "unknown severity")) + ": " +
                    visible(text_of(member(alert, "summary"), "no summary")) +
                    (source.empty() ? "" : " (from " + visible(source) + ")"));
  }
}

void warn_of_identity(Warnings& found, const approval::Request& request, const Json& context) {
  const std::string login = text_of(member(member(context, "user"), "login"));
  if (!login.empty() && login != request.requester) {
    found.push_back("asked as " + visible(request.requester) + ", logged in as " + visible(login));
  }
  if (request.requirement.self) found.emplace_back("the requester's own review counts");
  if (request.requirement.uses > 1) {
    found.push_back("one approval is good for " + std::to_string(request.requirement.uses) + " runs");
  }
  if (request.requirement.any_of_rule) {
    found.push_back("an approval is good for ANY command of " + visible(util::join(request.rules, ", ")) +
                    " by " + visible(request.requester) + ", not only for this one");
  }
}

}  // namespace

std::string oddities(const std::string& text) {
  bool controls = false;
  bool hidden = false;
  bool bidi = false;
  bool look_alikes = false;
  std::string example;
  for (const auto& piece : util::visible_pieces(text)) {
    switch (piece.oddity) {
      case util::Oddity::none:
        continue;
      case util::Oddity::control:
        controls = true;
        break;
      case util::Oddity::bidi:
        bidi = true;
        break;
      case util::Oddity::look_alike:
      case util::Oddity::mark:
        look_alikes = true;
        break;
      case util::Oddity::private_use:
      case util::Oddity::invisible:
      case util::Oddity::space:
        hidden = true;
        break;
    }
    if (example.empty()) example = piece.text;
  }
  Warnings kinds;
  if (bidi) kinds.emplace_back("characters that reorder text");
  if (look_alikes) kinds.emplace_back("look-alikes of other characters");
  if (hidden) kinds.emplace_back("characters that do not show");
  if (controls) kinds.emplace_back("control characters or stray bytes");
  return kinds.empty() ? "" : "holds " + util::join(kinds, ", ") + ", spelled out as in " + example;
}

Warnings warnings(const approval::View& view) {
  static const Json kNothing;
  const auto& request = view.request;
  const Json& context = request.context ? *request.context : kNothing;
  Warnings found;
  // First what can change what runs: who fills a text with oddities must not push it away.
  warn_of_surroundings(found, context);
  warn_of_identity(found, request, context);
  for (auto& warning : label_warnings(context)) found.push_back(std::move(warning));
  for (auto& warning : activity_warnings(context)) found.push_back(std::move(warning));
  warn_of_command(found, context);
  for (const char* key : {"path", "cwd", "files"}) {
    warn_of_values(found, std::string("command.") + key, member(member(context, "command"), key));
  }
  for (const char* section : {"user", "host", "env", "unsafe_env", "session", "labels"}) {
    warn_of_values(found, section, member(context, section));
  }
  for (const char* key : {"root", "remote", "branch", "tag"}) {
    warn_of_values(found, std::string("git.") + key, member(member(context, "git"), key));
  }
  warn_of_text(found, "the requester's name", request.requester);
  warn_of_text(found, "the reason", without_typography(request.reason));
  warn_of_text(found, "the ticket", request.ticket);
  for (const char* key : {"subject", "author"}) {
    warn_of_text(found, std::string("git.") + key,
                 without_typography(text_of(member(member(context, "git"), key))));
  }
  if (const Json& raw = member(context, "raw"); raw.is_object() && !raw.empty()) {
    Warnings names;
    for (const auto& [path, bytes] : raw.items()) names.push_back(visible(path));
    found.push_back("not UTF-8, so bytes are spelled out as \\xNN: " + util::join(names, ", "));
  }
  warn_of_redactions(found, context);
  warn_of_content(found, context);
  if (const Json& previews = member(context, "preview"); previews.is_array()) {
    for (const auto& preview : previews) {
      for (auto& warning : preview_warnings(preview)) found.push_back(std::move(warning));
    }
  }
  return found;
}

}  // namespace jit::terminal

// Programs that name the command they run in a way of their own: env, find, ssh, flock, script and
// others.
#include <algorithm>
#include <optional>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// env's own splitting (GNU coreutils manual, "-S"): blanks and quotes. nullopt for escapes and ${…}.
std::optional<std::vector<std::string>> split_env_text(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : text) {
    if (c == '\\' || c == '$' || (c == '#' && !in_word)) return std::nullopt;
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

void unwrap_env(Unwrapper& unwrapper) {
  constexpr Options kOptions = {
      "iu:C:S:v0",
      "ignore-environment null unset= chdir= split-string= block-signal[= default-signal[= "
      "ignore-signal[= list-signal-handling debug help version"};
  const ParsedOptions parsed = parse_options(unwrapper.argv(), 1, kOptions);
  for (const auto& option : parsed.options) {
    if (option.name != "-S" && option.name != "--split-string") continue;
    auto words = split_env_text(option.value.value_or(""));
    if (!words) return unwrapper.add_every_start(option.next);
    // What is split takes the option's place, and may hold options of env again.
    words->insert(words->begin(), "env");
    for (std::size_t i = option.next; i < unwrapper.size(); ++i) words->emplace_back(unwrapper.word(i));
    return unwrapper.add(std::move(*words), false);
  }
  if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1);
  bool certain = true;
  for (const auto& option : parsed.options) {
    // The command gets another environment or directory than the context shows.
    if (option.name != "-v" && option.name != "--debug" && option.name.find("signal") == std::string::npos)
      certain = false;
  }
  std::size_t command = parsed.operand;
  for (; is_assignment_word(unwrapper.word(command)) || unwrapper.word(command) == "-"; ++command)
    certain = false;
  unwrapper.add_words(command, certain);
}

// find … -exec CMD ; and its kin, each occurrence.
void unwrap_find(Unwrapper& unwrapper, std::string_view actions) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    if (!is_listed(unwrapper.word(i), actions)) continue;
    std::vector<std::string> argv;
    bool literal = true;
    std::size_t k = i + 1;
    for (; k < unwrapper.size() && unwrapper.word(k) != ";"; ++k) {
      if (unwrapper.word(k) == "+" && unwrapper.word(k - 1) == "{}") break;
      argv.emplace_back(unwrapper.word(k));
      if (argv.back().find('{') != std::string::npos) literal = false;
    }
    if (!literal) unwrapper.set_opaque();
    // It runs in the directories of what it finds, or with words that only it knows.
    unwrapper.add(std::move(argv), literal && unwrapper.word(i) == "-exec");
    i = k;
  }
}

// fd … -x CMD, at the end of a bundle ("-Hx") and attached to its option ("--exec=CMD"), too.
void unwrap_fd(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size() && unwrapper.word(i) != "--"; ++i) {
    const std::string_view word = unwrapper.word(i);
    const std::string_view name = word.substr(0, word.find('='));
    std::string_view attached;
    if (name == "--exec" || name == "--exec-batch") {
      attached = word.substr(std::min(name.size() + 1, word.size()));
    } else if (word.size() > 1 && word[0] == '-' && word[1] != '-') {
      const auto letter = word.find_first_of("xXdtecSEojC", 1);
      if (letter == std::string_view::npos || (word[letter] != 'x' && word[letter] != 'X')) continue;
      attached = word.substr(letter + 1);
      if (attached.starts_with('=')) attached.remove_prefix(1);
    } else {
      continue;
    }
    std::vector<std::string> argv;
    if (!attached.empty()) argv.emplace_back(attached);
    for (++i; i < unwrapper.size() && unwrapper.word(i) != ";"; ++i) argv.emplace_back(unwrapper.word(i));
    const bool literal = std::none_of(argv.begin(), argv.end(), [](const std::string& part) {
      return part.find('{') != std::string::npos;
    });
    if (!literal) unwrapper.set_opaque();
    unwrapper.add(std::move(argv), false);
  }
}

// "ProxyCommand=TEXT" or "ProxyCommand TEXT", the keyword in any case.
void read_ssh_option(std::string_view setting, Unwrapper& unwrapper) {
  const auto separator = std::min(setting.find_first_of("= \t"), setting.size());
  std::string keyword(setting.substr(0, separator));
  std::transform(keyword.begin(), keyword.end(), keyword.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (!is_listed(keyword,
                 "proxycommand localcommand knownhostscommand remotecommand permitlocalcommand include "
                 "match pkcs11provider securitykeyprovider xauthlocation ssh_command")) {
    return;
  }
  const auto text = setting.substr(std::min(separator + 1, setting.size()));
  unwrapper.add_text(text.substr(std::min(text.find_first_not_of("= \t"), text.size())), false,
                     keyword == "remotecommand");
  unwrapper.set_opaque();
}

void unwrap_ssh(Unwrapper& unwrapper) {
  constexpr Options kOptions = {"46AaB:b:Cc:D:dE:e:F:fGgI:i:J:KkL:l:MNm:no:O:p:P:qQ:R:S:sTtu:VvW:w:XxYy", ""};
  bool host = false;
  std::size_t i = 1;
  bool no_command = false;
  while (true) {
    const ParsedOptions parsed = parse_options(unwrapper.argv(), i, kOptions);
    for (const auto& option : parsed.options) {
      if (is_listed(option.name, "-N -W -V -G -Q -O")) no_command = true;
      if (option.name == "-F") unwrapper.set_opaque();
      if (option.name != "-o" || !option.value) continue;
      read_ssh_option(*option.value, unwrapper);
    }
    if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1, true);
    i = parsed.operand;
    if (host || i >= unwrapper.size()) break;
    host = true;  // options may follow the host, too
    ++i;
  }
  if (i < unwrapper.size()) return unwrapper.add_joined(i, true, true);
  if (host && !no_command) unwrapper.set_opaque();  // a shell over there
}

void unwrap_flock(Unwrapper& unwrapper) {
  constexpr Options kOptions = {
      "sexnuw:E:oFvhV",
      "shared exclusive unlock nonblock nb timeout= wait= conflict-exit-code= close no-fork "
      "verbose help version"};
  const ParsedOptions parsed = parse_options(unwrapper.argv(), 1, kOptions);
  if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1);
  const std::size_t command = parsed.operand + 1;
  const std::string_view first = unwrapper.word(command);
  if (first == "-c" || first == "--command") return unwrapper.add_text(unwrapper.word(command + 1));
  unwrapper.add_words(command, true);
}

void unwrap_script(Unwrapper& unwrapper) {
  constexpr Options kOptions = {
      "aB:c:eE:fI:O:o:qm:T:t::Vh",
      "append log-io= command= return echo= flush force log-in= log-out= output-limit= quiet "
      "logging-format= log-timing= timing[= help version"};
  bool text = false;
  for (std::size_t i = 1; i < unwrapper.size();) {
    const ParsedOptions parsed = parse_options(unwrapper.argv(), i, kOptions);
    for (const auto& option : parsed.options) {
      if ((option.name != "-c" && option.name != "--command") || !option.value) continue;
      unwrapper.add_text(*option.value);
      text = true;
    }
    if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1);
    i = parsed.operand + 1;
  }
  if (!text) unwrapper.set_opaque();
}

// parallel joins its words, or takes the first one as shell text, and adds others.
void unwrap_parallel(Unwrapper& unwrapper) {
  unwrapper.add_every_start(1);
  for (std::size_t i = 1; i < std::min<std::size_t>(unwrapper.size(), 8); ++i) {
    if (unwrapper.word(i).find(' ') != std::string_view::npos) unwrapper.add_text(unwrapper.word(i), false);
  }
}

}  // namespace

bool unwrap_special(std::string_view name, Unwrapper& unwrapper) {
  if (name == "env") {
    unwrap_env(unwrapper);
  } else if (name == "find" || name == "gfind") {
    unwrap_find(unwrapper, "-exec -execdir -ok -okdir");
  } else if (name == "fd" || name == "fdfind") {
    unwrap_fd(unwrapper);
  } else if (name == "ssh" || name == "autossh" || name == "slogin") {
    unwrap_ssh(unwrapper);
  } else if (is_listed(name, "scp sftp sshfs ssh-copy-id")) {
    for_each_value(unwrapper, "-o", "BbcDFiJlPRSX",
                   [&](std::string_view value) { read_ssh_option(value, unwrapper); });
  } else if (name == "flock") {
    unwrap_flock(unwrapper);
  } else if (name == "parallel" || name == "hyperfine") {
    unwrap_parallel(unwrapper);
  } else if (name == "script") {
    unwrap_script(unwrapper);
  } else if (is_listed(name, "at batch tmux expect socat ncat nc netcat crontab ed")) {
    // at and ed read commands from stdin; the others hold them in a language of their own.
    if (name != "crontab" && unwrapper.size() > 1) unwrapper.set_opaque();
    if (name == "ed" || name == "batch" || name == "expect") unwrapper.set_opaque();
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context

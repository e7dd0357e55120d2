// Editors and pagers: what an option, or a word that begins with a plus sign, has them run.
#include <algorithm>
#include <cctype>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

std::string with_small_letters(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

// Behind an option the dashes may be its value.
bool ends_options(const Unwrapper& unwrapper, std::size_t i) {
  return unwrapper.word(i) == "--" && (i == 1 || !unwrapper.word(i - 1).starts_with('-'));
}

void read_ex_command(std::string_view text, Unwrapper& unwrapper) {
  unwrapper.set_opaque();
  text.remove_prefix(std::min(text.find_first_not_of(": \t"), text.size()));
  if (text.starts_with('!')) unwrapper.add_text(text.substr(1), false);
}

// "+", "+12", "+$" and "+/PATTERN" move only; behind a second slash stands a command.
bool only_moves(std::string_view place) {
  if (place.empty() || place == "$") return true;
  if (place.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return place.starts_with('/') && std::none_of(place.begin() + 1, place.end(), [](unsigned char c) {
           return c == '/' || c == '|' || c < 0x20;
         });
}

// A bundle of vim's letters: "-c!COMMAND", "-Nesc".
void read_vi_letters(std::string_view name, std::size_t i, Unwrapper& unwrapper) {
  const std::string_view word = unwrapper.word(i);
  for (std::size_t k = 1; k < word.size(); ++k) {
    const std::string_view value = k + 1 < word.size() ? word.substr(k + 1) : unwrapper.word(i + 1);
    switch (word[k]) {
      case 'c':
        return read_ex_command(value, unwrapper);
      case 'S':
        return unwrapper.set_opaque();
      case 's':  // keys from a file or, without a terminal, commands from stdin
        unwrapper.set_opaque();
        break;
      case 'u':
      case 'U':
        if (!is_listed(value, "NONE NORC DEFAULTS")) unwrapper.set_opaque();
        return;
      case 'l':
        if (name == "nvim") return unwrapper.set_opaque();
        break;
      case 't':
      case 'q':
      case 'V':
      case 'i':
      case 'T':
      case 'w':
      case 'W':
        return;
      default:
        break;
    }
  }
}

void unwrap_vi(std::string_view name, Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size() && !ends_options(unwrapper, i); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word.starts_with('+')) {
      if (!only_moves(word.substr(1))) read_ex_command(word.substr(1), unwrapper);
    } else if (word.starts_with("--")) {
      const std::string option = with_small_letters(word);
      if (option.starts_with("--cmd")) {
        const auto equals = word.find('=');
        read_ex_command(equals < 6 ? word.substr(equals + 1) : unwrapper.word(i + 1), unwrapper);
      } else if (option.starts_with("--remote-send") || option.starts_with("--remote-expr")) {
        unwrapper.set_opaque();
      }
    } else if (word.size() > 1 && word[0] == '-') {
      read_vi_letters(name, i, unwrapper);
    }
  }
}

// Emacs takes its long options with one dash, too, and abbreviated.
bool runs_lisp(std::string_view option) {
  if (is_listed(option, "e f l x u L")) return true;
  if (option.size() < 2) return false;
  constexpr std::string_view kOptions = "eval execute funcall load script user directory init-directory";
  for (std::string_view rest = kOptions; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name.starts_with(option)) return true;
  }
  return false;
}

void unwrap_emacs(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (!word.starts_with('-')) continue;
    const std::string_view bare = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    if (runs_lisp(bare.substr(0, bare.find('=')))) unwrapper.set_opaque();
  }
}

void unwrap_emacsclient(Unwrapper& unwrapper) {
  for_each_value(unwrapper, "-a -alternate-editor --alternate-editor", "FwsfdT",
                 [&](std::string_view editor) { unwrapper.add_text(editor, false); });
  for (std::size_t i = 1; i < unwrapper.size() && !ends_options(unwrapper, i); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (!word.starts_with('-')) continue;
    // It takes long options with one dash, and bundles.
    const std::string_view letters = word.substr(0, word.find_first_of("FwsfdTa=", 1));
    if (word.starts_with("--ev") || (word[1] != '-' && letters.find('e') != std::string_view::npos))
      unwrapper.set_opaque();
  }
}

// What less does first: "+!COMMAND", "++|MCOMMAND", but "+/PATTERN", "+G", "+F"; a plus sign behind the
// letters of options begins such a command, too. Its keys may be set to run one.
void unwrap_less(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    std::string_view word = unwrapper.word(i);
    const bool options = word.starts_with('-');
    if (options && (word.starts_with("-k") || with_small_letters(word).starts_with("--lessk")))
      unwrapper.set_opaque();
    if (options) word.remove_prefix(std::min(word.find('+'), word.size()));
    if (!word.starts_with('+')) continue;
    word.remove_prefix(std::min(word.find_first_not_of('+'), word.size()));
    const bool search = !options && (word.starts_with('/') || word.starts_with('?'));
    if (word.find_first_of(search ? "\r\n" : "!|#v:") == std::string_view::npos) continue;
    unwrapper.set_opaque();
    if (word.starts_with('!')) unwrapper.add_text(word.substr(1), false);
  }
}

}  // namespace

bool unwrap_editor(std::string_view name, Unwrapper& unwrapper) {
  if (is_listed(name,
                "vi vim nvim view ex rvim vimdiff nvimdiff gvim gview rview rgvim rgview gvimdiff evim eview "
                "vimx nvi elvis vile") ||
      name.starts_with("vim.") || name.starts_with("vim-")) {
    unwrap_vi(name, unwrapper);
  } else if (name == "emacsclient" || name.starts_with("emacsclient.")) {
    unwrap_emacsclient(unwrapper);
  } else if (is_listed(name, "emacs xemacs mg jed") || name.starts_with("emacs-")) {
    unwrap_emacs(unwrapper);
  } else if (name == "less") {
    unwrap_less(unwrapper);
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context

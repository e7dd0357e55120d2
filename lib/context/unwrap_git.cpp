// git runs commands that its options and configuration keys name.
#include <algorithm>
#include <array>

#include "context/shell_text.hpp"
#include "context/wrappers.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

// Keys whose value git hands to a shell or runs; "*" stands for a name in the middle. In lower case.
constexpr std::array<std::string_view, 43> kCommandKeys = {"core.pager",
                                                           "core.editor",
                                                           "core.sshcommand",
                                                           "core.fsmonitor",
                                                           "core.gitproxy",
                                                           "core.askpass",
                                                           "core.alternaterefscommand",
                                                           "sequence.editor",
                                                           "diff.external",
                                                           "diff.*.command",
                                                           "diff.*.textconv",
                                                           "difftool.*.cmd",
                                                           "difftool.*.path",
                                                           "mergetool.*.cmd",
                                                           "mergetool.*.path",
                                                           "merge.*.driver",
                                                           "filter.*.clean",
                                                           "filter.*.smudge",
                                                           "filter.*.process",
                                                           "credential.helper",
                                                           "credential.*.helper",
                                                           "gpg.program",
                                                           "gpg.*.program",
                                                           "gpg.ssh.defaultkeycommand",
                                                           "pager.*",
                                                           "interactive.difffilter",
                                                           "uploadpack.packobjectshook",
                                                           "browser.*.cmd",
                                                           "browser.*.path",
                                                           "man.*.cmd",
                                                           "man.*.path",
                                                           "trailer.*.command",
                                                           "trailer.*.cmd",
                                                           "remote.*.uploadpack",
                                                           "remote.*.receivepack",
                                                           "sendemail.smtpserver",
                                                           "sendemail.tocmd",
                                                           "sendemail.cccmd",
                                                           "sendemail.headercmd",
                                                           "tar.*.command",
                                                           "imap.tunnel",
                                                           "web.browser",
                                                           "guitool.*.cmd"};
// Keys that make git read commands from elsewhere.
constexpr std::array<std::string_view, 10> kIndirectKeys = {
    "include.path",        "includeif.*.path", "core.hookspath", "init.templatedir",   "url.*.insteadof",
    "url.*.pushinsteadof", "remote.*.url",     "remote.*.vcs",   "protocol.ext.allow", "core.attributesfile"};

constexpr std::string_view kSubcommands =
    "add am annotate apply archive backfill bisect blame branch bugreport bundle cat-file check-attr "
    "check-ignore "
    "check-mailmap check-ref-format checkout checkout-index cherry cherry-pick citool clean clone column "
    "commit commit-graph "
    "commit-tree config count-objects credential credential-cache credential-store cvsexportcommit cvsimport "
    "cvsserver "
    "daemon describe diagnose diff diff-files diff-index diff-tree difftool fast-export fast-import fetch "
    "fetch-pack "
    "filter-branch fmt-merge-msg for-each-ref for-each-repo format-patch fsck fsmonitor--daemon gc "
    "get-tar-commit-id grep gui "
    "hash-object help hook http-backend http-fetch http-push imap-send index-pack init init-db instaweb "
    "interpret-trailers log "
    "ls-files ls-remote ls-tree mailinfo mailsplit maintenance merge merge-base merge-file merge-index "
    "merge-one-file "
    "merge-tree mergetool mktag mktree multi-pack-index mv name-rev notes p4 pack-objects pack-redundant "
    "pack-refs patch-id "
    "prune prune-packed pull push quiltimport range-diff read-tree rebase receive-pack reflog refs remote "
    "repack replace "
    "replay request-pull rerere reset restore rev-list rev-parse revert rm send-email send-pack shell "
    "shortlog show "
    "show-branch show-index show-ref sparse-checkout stage stash status stripspace submodule svn switch "
    "symbolic-ref tag "
    "unpack-file unpack-objects update-index update-ref update-server-info upload-archive upload-pack var "
    "verify-commit "
    "verify-pack verify-tag version whatchanged worktree write-tree";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool key_matches(std::string_view key, std::string_view pattern) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return key == pattern;
  const auto head = pattern.substr(0, star);
  const auto tail = pattern.substr(star + 1);
  return key.size() >= head.size() + tail.size() && key.starts_with(head) && key.ends_with(tail);
}

bool is_key_of(std::string_view key, const auto& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](auto pattern) { return key_matches(key, pattern); });
}

struct Setting {
  std::string key;
  std::string_view value;
};

void unwrap_setting(const Setting& setting, Unwrapper& unwrapper) {
  if (is_key_of(setting.key, kIndirectKeys)) return unwrapper.set_opaque();
  if (!is_key_of(setting.key, kCommandKeys)) return;
  std::string_view value = setting.value;
  const std::string word = lower(value);
  // Booleans, and "cat", which git itself takes for "no pager".
  if (is_listed(word, "true false yes no on off 0 1 cat") || value.empty()) return;
  if (value.starts_with('!')) value.remove_prefix(1);
  unwrapper.add_text(value, false);
}

// `-c alias.x='!cmd'` runs cmd; `-c alias.x='push --force'` makes `git x` a `git push --force`.
void unwrap_alias(const Setting& alias, std::size_t subcommand, Unwrapper& unwrapper) {
  if (alias.value.starts_with('!')) {
    std::string text(alias.value.substr(1));
    // git appends the words after the alias as "$@".
    for (std::size_t i = subcommand + 1; i < unwrapper.size(); ++i)
      text += " " + util::shell_quote(unwrapper.word(i));
    return unwrapper.add_text(text, false);
  }
  // git splits at blanks and quotes, as a plain command does; options of git itself may stand first.
  ShellCommands commands = split_shell_text(alias.value);
  if (commands.all.size() != 1 || commands.unsure) unwrapper.set_opaque();
  if (commands.all.empty()) return;
  std::vector<std::string> argv = {"git"};
  for (auto& word : commands.all[0].argv) argv.push_back(std::move(word));
  for (std::size_t i = subcommand + 1; i < unwrapper.size(); ++i) argv.emplace_back(unwrapper.word(i));
  unwrapper.add(std::move(argv), false);
}

// The value of each option of the subcommand that `names` lists; long ones may be shortened, letters bundled.
void unwrap_values(Unwrapper& unwrapper, std::size_t subcommand, std::string_view names, char letter) {
  for (std::size_t i = subcommand + 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    const std::string_view name = word.substr(0, word.find('='));
    bool listed = false;
    if (word.starts_with("--") && name.size() > 3) {
      for (std::string_view rest = names; !rest.empty() && !listed;) {
        const auto space = std::min(rest.find(' '), rest.size());
        listed = rest.substr(0, space).starts_with(name);
        rest.remove_prefix(std::min(space + 1, rest.size()));
      }
    }
    if (listed) {
      unwrapper.add_text(name.size() < word.size() ? word.substr(name.size() + 1) : unwrapper.word(i + 1),
                         false);
    } else if (letter != '\0' && word.size() > 1 && word[0] == '-' && word[1] != '-') {
      const auto at = word.find(letter, 1);
      if (at == std::string_view::npos) continue;
      unwrapper.add_text(at + 1 < word.size() ? word.substr(at + 1) : unwrapper.word(i + 1), false);
    }
  }
}

void unwrap_subcommand(Unwrapper& unwrapper, std::size_t at) {
  const std::string_view name = unwrapper.word(at);
  if (name == "rebase") unwrap_values(unwrapper, at, "--exec", 'x');
  if (name == "difftool") unwrap_values(unwrapper, at, "--extcmd", 'x');
  if (name == "grep") unwrap_values(unwrapper, at, "--open-files-in-pager", 'O');
  if (is_listed(name, "fetch clone pull ls-remote push archive fetch-pack send-pack")) {
    unwrap_values(unwrapper, at, "--upload-pack --receive-pack --exec --config",
                  name == "clone" ? 'u' : '\0');
  }
  if (name == "filter-branch") {
    unwrap_values(unwrapper, at,
                  "--setup --env-filter --tree-filter --index-filter --parent-filter --msg-filter "
                  "--commit-filter --tag-name-filter",
                  '\0');
    unwrapper.set_opaque();
  }
  if (name == "send-email")
    unwrap_values(unwrapper, at, "--smtp-server --to-cmd --cc-cmd --header-cmd --sendmail-cmd", '\0');
  if (name == "bisect" && unwrapper.word(at + 1) == "run") unwrapper.add_words(at + 2, true);
  if (name == "for-each-repo") unwrapper.set_opaque();
  if (name == "submodule") {
    std::size_t i = at + 1;
    while (unwrapper.word(i).starts_with('-')) ++i;
    if (unwrapper.word(i) == "foreach") {
      do ++i;
      while (unwrapper.word(i).starts_with('-'));
      // One word is shell text, several are a command; neither runs here.
      i + 1 == unwrapper.size() ? unwrapper.add_text(unwrapper.word(i), false)
                                : unwrapper.add_words(i, false);
    }
  }
  // `clone ext::sh -c …`: the transport runs a command.
  for (std::size_t i = at + 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (const auto ext = word.find("ext::"); ext != std::string_view::npos)
      unwrapper.add_text(word.substr(ext + 5), false);
  }
}

}  // namespace

bool unwrap_git(std::string_view name, Unwrapper& unwrapper) {
  if (name != "git") return false;
  std::vector<Setting> settings;
  std::size_t i = 1;
  for (; i < unwrapper.size() && unwrapper.word(i).starts_with('-'); ++i) {
    const std::string_view word = unwrapper.word(i);
    const bool setting = word == "-c" || word == "--config-env" || word.starts_with("--config-env=");
    if (setting) {
      const std::string_view text = word.starts_with("--config-env=") ? word.substr(13) : unwrapper.word(++i);
      const auto equals = std::min(text.find('='), text.size());
      settings.push_back({lower(text.substr(0, equals)), text.substr(std::min(equals + 1, text.size()))});
      // The value stands in a variable: for a key that matters it cannot be told.
      const auto& key = settings.back().key;
      if (word != "-c" &&
          (key.starts_with("alias.") || is_key_of(key, kCommandKeys) || is_key_of(key, kIndirectKeys))) {
        unwrapper.set_opaque();
        settings.pop_back();
      }
    } else if (is_listed(word,
                         "-C --git-dir --work-tree --namespace --super-prefix --attr-source --list-cmds")) {
      ++i;
    } else if (word.starts_with("--exec-path=")) {
      unwrapper.set_opaque();
    }
  }
  const std::string_view subcommand = unwrapper.word(i);
  bool aliased = false;
  for (const auto& setting : settings) {
    if (setting.key.starts_with("alias.")) {
      aliased = aliased || setting.key.substr(6) == lower(subcommand);
      unwrap_alias(setting, i, unwrapper);
    } else {
      unwrap_setting(setting, unwrapper);
    }
  }
  // An alias of the repository or of the user, or a git-NAME program.
  if (!subcommand.empty() && !aliased && !is_listed(subcommand, kSubcommands)) unwrapper.set_opaque();
  unwrap_subcommand(unwrapper, i);
  return true;
}

}  // namespace jit::context

// What runs commands on other machines or on many, and what takes them in a configuration of its own:
// ansible, aws ssm, gcloud ssh, pdsh, systemd-run --property.
#include <algorithm>
#include <array>
#include <cctype>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// The text of ansible's command modules; NAME=VALUE and JSON before it or instead of it are its parameters.
void read_module_arguments(std::string_view text, bool remote, Unwrapper& unwrapper) {
  // Behind a name, since a first word with an equals sign would be an assignment of a shell.
  auto words = plain_shell_command("ansible " + std::string(text));
  if (words) words->erase(words->begin());
  const auto is_parameter = [](const std::string& word) { return is_assignment_word(word); };
  const bool plain =
      words && !text.starts_with('{') && std::none_of(words->begin(), words->end(), is_parameter);
  unwrapper.add_text(text, plain, remote);
  if (plain) return;
  unwrapper.set_opaque();
  if (!words) return;
  for (const std::string_view word : *words) {
    if (word.starts_with("cmd=") || word.starts_with("argv="))
      unwrapper.add_text(word.substr(word.find('=') + 1), false, remote);
  }
  const auto command = std::find_if_not(words->begin(), words->end(), is_parameter);
  unwrapper.add(std::vector(command, words->end()), false, remote);
}

// ansible PATTERN [-m MODULE] -a ARGUMENTS. A template anywhere can run what it likes.
void unwrap_ansible(std::string_view name, Unwrapper& unwrapper) {
  const auto& argv = unwrapper.argv();
  if (std::any_of(argv.begin(), argv.end(), [](const auto& word) {
        return word.find("{{") != std::string::npos || word.find("{%") != std::string::npos;
      })) {
    unwrapper.set_opaque();
  }
  if (name != "ansible") return;
  constexpr std::string_view kShorts = "aBcefiIlmMpPsStTuU";
  std::string_view module = "command";
  for_each_value(unwrapper, "-m --module-name", kShorts, [&](std::string_view value) { module = value; });
  module = module.substr(module.rfind('.') + 1);
  if (!is_listed(module, "command shell raw script win_command win_shell win_psexec psexec expect")) return;
  const bool remote = std::none_of(argv.begin() + 1, argv.end(), [](const auto& word) {
    return word.find("local") != std::string::npos || word.find("127.") != std::string::npos;
  });
  for_each_value(unwrapper, "-a --args", kShorts,
                 [&](std::string_view text) { read_module_arguments(text, remote, unwrapper); });
}

// Shell texts in "commands=a,b", or in JSON of any form: each string may be one.
void read_remote_texts(std::string_view value, Unwrapper& unwrapper) {
  unwrapper.set_opaque();
  const auto equals = value.find('=');
  if (value.find('"') == std::string_view::npos)
    return unwrapper.add_text(value.substr(equals == std::string_view::npos ? 0 : equals + 1), false, true);
  std::string text;
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') {
      if (quoted && !text.empty()) unwrapper.add_text(text, false, true);
      quoted = !quoted;
      text.clear();
    } else if (value[i] == '\\' && i + 1 < value.size()) {
      ++i;
      text += value[i] == 'n' ? '\n' : value[i];
    } else {
      text += value[i];
    }
  }
}

void unwrap_aws(Unwrapper& unwrapper) {
  const auto& argv = unwrapper.argv();
  const auto has = [&](std::string_view word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  };
  if (has("execute-command")) {
    for_each_value(unwrapper, "--command", "",
                   [&](std::string_view text) { unwrapper.add_text(text, false, true); });
  }
  const bool forwards = std::any_of(argv.begin(), argv.end(), [](const auto& word) {
    return word.find("PortForwarding") != std::string::npos;
  });
  if (!has("ssm") || (!has("send-command") && (!has("start-session") || forwards))) return;
  unwrapper.set_opaque();
  for_each_value(unwrapper, "--parameters --cli-input-json", "",
                 [&](std::string_view value) { read_remote_texts(value, unwrapper); });
}

// `gcloud compute ssh HOST [-- WORDS]` is ssh with these words; `az ssh vm` alike.
void unwrap_cloud_ssh(Unwrapper& unwrapper) {
  const auto& argv = unwrapper.argv();
  const auto dashes = std::find(argv.begin(), argv.end(), "--");
  const bool scripts = std::find(argv.begin(), dashes, "run-command") != dashes;
  if (scripts) {  // az vm run-command … --scripts TEXT TEXT
    unwrapper.set_opaque();
    const auto from =
        std::find_if(argv.begin(), dashes, [](const auto& w) { return w.starts_with("--script"); });
    for (auto it = from; it != dashes; ++it) {
      const bool attached = it == from && it->find('=') != std::string::npos;
      if (it == from && !attached) continue;
      unwrapper.add_text(std::string_view(*it).substr(attached ? it->find('=') + 1 : 0), false, true);
    }
    return;
  }
  if (std::find(argv.begin(), dashes, "ssh") == dashes) return;
  const bool text = std::any_of(argv.begin(), dashes, [](const auto& w) { return w.starts_with("--comm"); });
  if (dashes == argv.end()) {
    if (!text) unwrapper.set_opaque();  // a shell over there
    return;
  }
  std::vector<std::string> ssh = {"ssh", "host"};
  ssh.insert(ssh.end(), dashes + 1, argv.end());
  unwrapper.add(std::move(ssh), false);
}

// -p Exec…=[@-:+!|]COMMAND, in systemd's own quoting.
void read_unit_property(std::string_view setting, Unwrapper& unwrapper) {
  const auto equals = setting.find('=');
  if (!setting.starts_with("Exec") || equals == std::string_view::npos) return;
  std::string_view text = setting.substr(equals + 1);
  const std::string_view prefix = text.substr(0, text.find_first_not_of("@-:+!| \t"));
  text.remove_prefix(prefix.size());
  if (prefix.find('@') != std::string_view::npos || text.find_first_of("\\%$") != std::string_view::npos)
    unwrapper.set_opaque();
  unwrapper.add_text(text, false);
}

// -o NAME=VALUE, where the name is one of a program or of a hook.
void read_apt_option(std::string_view setting, Unwrapper& unwrapper) {
  std::string name(setting.substr(0, setting.find('=')));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr auto kPrograms = std::to_array<std::string_view>(
      {"invoke", "install-pkgs", "dir::", "proxy-auto", "solver", "planner", "dpkg::tools"});
  if (std::none_of(kPrograms.begin(), kPrograms.end(),
                   [&](std::string_view part) { return name.find(part) != std::string::npos; })) {
    return;
  }
  unwrapper.set_opaque();
  unwrapper.add_text(setting.substr(std::min(name.size() + 1, setting.size())), false);
}

// Programs that run commands, or texts, in a place among their words that is not certain; `marks` are words
// of which one must be there ("cmd." is the beginning of one).
struct Starter {
  std::string_view names;
  std::string_view marks = {};
  bool remote = false;
};

constexpr auto kStarters = std::to_array<Starter>({
    {"pdsh clush pssh parallel-ssh dsh", "", true},
    {"salt salt-ssh salt-call", "cmd.", true},
    {"fab", "--", true},
    {"bolt", "command", true},
    {"knife", "ssh", true},
    {"consul", "exec lock watch"},
    {"vault", "-exec"},
    {"nomad", "exec", true},
    {"etcdctl", "lock --"},
    {"heroku", "run run:detached", true},
    {"multipass limactl", "exec shell", true},
    {"tsh", "ssh exec kubectl", true},
    {"fly flyctl", "-C --command", true},
    {"cf", "-c --command", true},
    {"sops", "exec-env exec-file"},
    {"terragrunt", "exec"},
    {"zellij", "run -- action"},
    {"watchexec reflex concurrently wsl"},
    {"xterm uxterm rxvt urxvt alacritty kitty konsole xfce4-terminal gnome-terminal foot terminator",
     "-e -x -- --command --execute"},
    {"cmake", "env time"},
});

bool is_marked(const Unwrapper& unwrapper, std::string_view marks) {
  const auto& argv = unwrapper.argv();
  return marks.empty() || std::any_of(argv.begin() + 1, argv.end(), [&](const std::string& word) {
           return is_listed(word.substr(0, word.find('=')), marks) ||
                  (marks.ends_with('.') && word.find(marks) != std::string::npos);
         });
}

void unwrap_starter(const Starter& starter, Unwrapper& unwrapper) {
  if (unwrapper.size() < 2 || !is_marked(unwrapper, starter.marks)) return;
  unwrapper.add_every_start(1, starter.remote);
  for (std::size_t i = 1; i < std::min<std::size_t>(unwrapper.size(), 32); ++i) {
    std::string_view word = unwrapper.word(i);
    if (word.starts_with('-')) word.remove_prefix(std::min(word.find('='), word.size() - 1) + 1);
    if (word.find_first_of(" \t\n;&|") != std::string_view::npos)
      unwrapper.add_text(word, false, starter.remote);
  }
}

}  // namespace

bool unwrap_fleet(std::string_view name, Unwrapper& unwrapper) {
  if (name == "systemd-run") {
    for_each_value(unwrapper, "-p --property", "uHME",
                   [&](std::string_view setting) { read_unit_property(setting, unwrapper); });
    return false;  // it is a wrapper, too
  }
  if (name.starts_with("ansible")) {
    unwrap_ansible(name, unwrapper);
  } else if (name == "aws") {
    unwrap_aws(unwrapper);
  } else if (name == "gcloud" || name == "az") {
    unwrap_cloud_ssh(unwrapper);
  } else if (is_listed(name, "apt apt-get aptitude")) {
    for_each_value(unwrapper, "-o --option", "act",
                   [&](std::string_view setting) { read_apt_option(setting, unwrapper); });
  } else {
    const auto* starter = std::find_if(kStarters.begin(), kStarters.end(),
                                       [&](const Starter& one) { return is_listed(name, one.names); });
    if (starter == kStarters.end()) return false;
    unwrap_starter(*starter, unwrapper);
  }
  return true;
}

}  // namespace jit::context

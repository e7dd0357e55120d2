// Programs that are no wrappers, but have options whose value is a command: `rsync -e`, `zip -TT`.
#include <algorithm>
#include <array>
#include <cctype>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

struct Launcher {
  std::string_view names;
  std::string_view options;      // as for_each_value() takes them
  std::string_view prefix = {};  // of the value, before the command: "exec="
  std::string_view value_shorts = {};
  std::string_view doubts = {};  // the value is of a language that runs commands by one of these; "*" is any
};

// Without these, JavaScript and Python reach only what the shells of the databases define.
constexpr std::string_view kCodeDoubts =
    "[ ` \\ require process module global globalThis this import load eval exec execfile compile open os "
    "Function "
    "constructor Reflect Object Proxy run runProgram runNonMongoProgram runMongoProgram startMongoProgram "
    "_startMongoProgram edit snippet system shell util plugins getattr globals __builtins__ __import__ "
    "breakpoint";

constexpr auto kLaunchers = std::to_array<Launcher>({
    {"tar bsdtar gtar",
     "-I --use-compress-program --to-command -F --info-script --new-volume-script --rsh-command "
     "--rmt-command",
     "", "fbCgHKLNTVX"},
    {"tar bsdtar gtar", "--checkpoint-action", "exec="},
    {"rsync", "-e --rsh --rsync-path", "", "BfMT"},
    {"scp sftp", "-S -D", "", "cFiJloPXRBbs"},
    {"zip", "-TT --unzip-command"},
    {"man", "-P -H --pager --html", "", "CRLmMSsepErT"},
    {"gcloud vagrant az", "--command -c"},
    {"tcpdump", "-z --postrotate-command", "", "BcCDEFGijmMQrsTVwWy"},
    {"sort", "--compress-program"},
    {"split", "--filter"},
    {"less more", "-P", "!"},
    {"fzf", "--preview --bind"},
    {"mosh", "--ssh --server"},
    {"restic rclone", "--password-command"},
    {"borg", "--rsh --remote-path"},
    {"hg", "--config", "alias."},
    {"gdb", "-ex --ex -eval-command --eval-command -iex --init-eval-command", "shell "},
    {"gdb", "-ex --ex -eval-command --eval-command -iex --init-eval-command", "!"},
    {"helm", "--post-renderer"},
    {"kubectl oc k3s microk8s k", "--exec-command"},
    {"kustomize", "--enable-exec", "", "", "*"},
    {"go", "-exec -toolexec -vettool"},
    {"dpkg", "--pre-invoke --post-invoke --status-logger"},
    {"rpm rpmbuild rpmspec", "-E -D --eval --define", "", "", "%( lua"},
    {"iptables ip6tables", "-M --modprobe"},
    {"wget", "--use-askpass"},
    {"gpg gpg2", "--photo-viewer --agent-program --dirmngr-program"},
    {"openvpn", "--up --down --route-up --ipchange --client-connect --tls-verify --auth-user-pass-verify"},
    {"svn", "--config-option", "config:tunnels:", "", "*"},
    {"nodemon", "-x --exec"},
    {"lftp", "-c -e", "!"},
    {"lftp", "-c -e", "", "", "! | ` source command shell"},
    {"cockroach", "-e --execute", "\\!"},
    {"cockroach", "-e --execute", "\\|"},
    {"mongo mongosh", "--eval", "", "", kCodeDoubts},
    {"mycli pgcli litecli usql", "-c -e --execute --command --init-command", "", "hPupUdDSRltwW", "*"},
    {"cpio", "--rsh-command"},
    {"nano rnano pico", "-s --speller", "", "CJQTXYorf"},
    {"kak", "-e -E", "", "cpsCf", "*"},
    {"gpg-agent", "--pinentry-program --scdaemon-program"},
    {"sbatch", "--wrap"},
    {"gnuplot", "-e", "", "", "*"},
    {"bpftrace", "-c", "", "eplIofBd"},
    {"bpftrace", "-e", "", "cplIofBd", "system"},
    {"php php-cli php-cgi phpdbg", "-d --define", "", "cfFgntSzrBRE",
     "auto_prepend_file auto_append_file extension zend_extension ffi preload sendmail_path"},
    {"php php-cli php-cgi phpdbg", "-f -F --file --process-file", "/dev/", "", "*"},
    {"php php-cli php-cgi phpdbg", "-f -F --file --process-file", "/proc/", "", "*"},
    {"mysqlsh", "-e -c --execute --pyc", "", "", kCodeDoubts},
});

bool is_part_of_name(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == '_' || std::isalnum(static_cast<unsigned char>(text[at])) != 0);
}

// An index, which may spell any name. Behind a colon or a parenthesis on the same line it is a list: as `:[`
// and `([` nothing else is spelled, be it in comments or strings.
bool has_index(std::string_view text) {
  for (auto at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const auto before = text.substr(0, at).find_last_not_of(' ');
    if (before == std::string_view::npos || (text[before] != ':' && text[before] != '(')) return true;
  }
  return false;
}

bool mentions(std::string_view text, std::string_view marks) {
  if (marks == "*") return true;
  while (!marks.empty()) {
    const std::string_view mark = marks.substr(0, marks.find(' '));
    marks.remove_prefix(std::min(mark.size() + 1, marks.size()));
    if (mark == "[") {
      if (has_index(text)) return true;
      continue;
    }
    const bool name = is_part_of_name(mark, 0);
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
      if (!name) return true;
      if ((at == 0 || !is_part_of_name(text, at - 1)) && !is_part_of_name(text, at + mark.size()))
        return true;
    }
  }
  return false;
}

bool is_option(std::string_view name, std::string_view option, bool attached) {
  if (!option.starts_with("--")) return name == option && (!attached || option.size() > 2);
  if (option.ends_with('=')) {
    if (!attached) return false;
    option.remove_suffix(1);
  }
  return name == option || (name.size() > 3 && option.starts_with(name));
}

// As rsync splits it: what it adds, a host and its own call, is no doubt.
bool is_plain_ssh(std::string_view value) {
  return (value == "ssh" || value.starts_with("ssh ")) &&
         value.find_first_of("'\"\\\t\n") == std::string_view::npos;
}

}  // namespace

void for_each_value(const Unwrapper& unwrapper, std::string_view options, std::string_view value_shorts,
                    const std::function<void(std::string_view)>& give) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    // Behind an option the dashes may be its value.
    if (word == "--" && (i == 1 || !unwrapper.word(i - 1).starts_with('-'))) break;
    const std::string_view name = word.substr(0, word.find('='));
    const bool attached = name.size() < word.size();
    for (std::string_view rest = options; !rest.empty();) {
      const std::string_view option = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(option.size() + 1, rest.size()));
      if (is_option(name, option, attached)) {
        give(attached ? word.substr(name.size() + 1) : unwrapper.word(i + 1));
      } else if (!option.starts_with("--") && word.size() > 2 && word[1] != '-' && word[0] == '-') {
        // In a bundle, unless an option before it takes the rest as its value.
        const std::string_view letters = option.substr(1);
        const auto at = word.find(letters, 1);
        if (at == std::string_view::npos || word.find_first_of(value_shorts, 1) < at) continue;
        const auto end = at + letters.size();
        give(end < word.size() ? word.substr(end) : unwrapper.word(i + 1));
      }
    }
  }
}

void unwrap_launchers(std::string_view name, Unwrapper& unwrapper) {
  for (const auto& launcher : kLaunchers) {
    if (!is_listed(name, launcher.names)) continue;
    for_each_value(unwrapper, launcher.options, launcher.value_shorts, [&](std::string_view value) {
      if (!value.starts_with(launcher.prefix)) return;
      if (launcher.doubts.empty()) {
        return unwrapper.add_text(value.substr(launcher.prefix.size()),
                                  name == "rsync" && is_plain_ssh(value));
      }
      if (mentions(value, launcher.doubts)) unwrapper.set_opaque();
    });
  }
}

}  // namespace jit::context

#include "context/wrappers.hpp"

#include <algorithm>
#include <array>

namespace jit::context {
namespace {

// What the manual pages of Debian 12 say. An option that is missing here is not a hole: every word after an
// unknown option counts as a possible start of the command.

const std::vector<Wrapper>& wrappers() {
  static const std::vector<Wrapper> kTable = {
      {.names = "sudo",
       .options =
           {"ABbC:D:Eeg:Hh:iKklNnPp:R:r:SsT:t:U:u:Vv",
            "askpass auth-type= background bell close-from= chdir= preserve-env[= edit group= set-home help "
            "host= "
            "login remove-timestamp reset-timestamp list login-class= non-interactive no-update "
            "preserve-groups "
            "prompt= chroot= role= stdin shell type= command-timeout= other-user= user= version validate"},
       .assignments = true,
       .shell_by_default = true,
       .doubt_options = "-D --chdir -R --chroot -i --login -s --shell"},
      {.names = "doas", .options = {"a:C:Lnsu:", ""}, .shell_by_default = true},
      {.names = "nice", .options = {"#n:", "adjustment= help version"}},
      {.names = "ionice",
       .options = {"c:n:p:P:u:thV", "class= classdata= pid= pgid= uid= ignore help version"}},
      {.names = "nohup", .options = {"", "help version"}},
      {.names = "timeout",
       .options = {"k:s:vfp", "kill-after= signal= verbose foreground preserve-status help version"},
       .skip = 1},
      {.names = "stdbuf", .options = {"i:o:e:", "input= output= error= help version"}},
      {.names = "setsid", .options = {"cfwhV", "ctty fork wait help version"}},
      {.names = "time",
       .options = {"apo:f:vqhV", "append format= output= portability verbose quiet help version"}},
      {.names = "xargs",
       .options =
           {"0a:d:E:e::I:i::L:l::n:oP:prs:tx",
            "null arg-file= delimiter= eof[= replace[= max-lines[= max-args= max-procs= interactive "
            "no-run-if-empty max-chars= show-limits verbose exit open-tty process-slot-var= help version"},
       .more_words = true},
      {.names = "strace",
       .options = {"a:b:cCdDe:E:fFhiI:kno:O:p:P:qrs:S:tTu:U:vVwxX:yYzZ",
                   "help version trace= output= user= env= "
                   "follow-forks output-separately"},
       .doubt_options = "-E --env"},
      {.names = "ltrace", .options = {"a:A:bcCD:e:fF:hil:Ln:o:p:rs:StTu:Vw:x:", "help version output="}},
      {.names = "chroot",
       .options = {"", "groups= userspec= skip-chdir help version"},
       .skip = 1,
       .elsewhere = true,
       .shell_by_default = true},
      {.names = "unshare",
       .options =
           {"i::m::n::p::u::U::C::T::fcrhVR:w:S:G:l:",
            "mount[= uts[= ipc[= net[= pid[= user[= cgroup[= time[= fork map-user= map-group= map-root-user "
            "map-current-user map-auto map-users= map-groups= kill-child[= mount-proc[= propagation= "
            "setgroups= "
            "keep-caps root= wd= setuid= setgid= load-interp= monotonic= boottime= help version"},
       .shell_by_default = true,
       .doubt_options = "-R --root -w --wd"},
      {.names = "nsenter",
       .options = {"at:m::u::i::n::p::U::C::T::S:G:r::w::W:FZehV",
                   "all target= mount[= uts[= ipc[= net[= pid[= user[= cgroup[= time[= setuid= setgid= "
                   "root[= wd[= wdns= "
                   "no-fork follow-context preserve-credentials env help version"},
       .elsewhere = true,
       .shell_by_default = true},
      {.names = "systemd-run",
       .options =
           {"p:u:H:M:E:dtPqGrShV",
            "user system scope unit= property= description= slice= slice-inherit expand-environment= "
            "remain-after-exit send-sighup service-type= uid= gid= nice= working-directory= same-dir setenv= "
            "pty "
            "pipe quiet on-active= on-boot= on-startup= on-unit-active= on-unit-inactive= on-calendar= "
            "on-timezone-change on-clock-change path-property= socket-property= timer-property= no-block "
            "wait "
            "collect shell host= machine= no-ask-password help version"},
       .shell_by_default = true,
       .doubt_options = "-E --setenv --working-directory -p --property -H --host -M --machine"},
      {.names = "setpriv",
       .options =
           {"dhV",
            "dump ambient-caps= inh-caps= bounding-set= list-caps no-new-privs nnp ruid= euid= rgid= egid= "
            "reuid= "
            "regid= clear-groups keep-groups init-groups groups= securebits= pdeathsig= selinux-label= "
            "apparmor-profile= reset-env help version"},
       .doubt_options = "--reset-env"},
      {.names = "chrt",
       .options = {"aT:P:D:bdfiormphvRV",
                   "all-tasks sched-runtime= sched-period= sched-deadline= batch deadline fifo idle other rr "
                   "reset-on-fork max pid verbose help version"},
       .skip = 1,
       .digits_first = true},
      {.names = "taskset", .options = {"apchV", "all-tasks pid cpu-list help version"}, .skip = 1},
      {.names = "prlimit",
       .options = {"p:o:c::d::e::f::i::l::m::n::q::r::s::t::u::v::x::y::hV",
                   "pid= output= noheadings raw verbose core[= data[= nice[= fsize[= sigpending[= memlock[= "
                   "rss[= nofile[= "
                   "msgqueue[= rtprio[= stack[= cpu[= nproc[= as[= locks[= rttime[= help version"}},
      {.names = "watch",
       .options = {"bcdegn:pqtwxhv",
                   "beep color differences[= errexit chgexit equexit= interval= precise no-title no-wrap "
                   "exec no-rerun help version"},
       .joined = true},
      {.names = "jit-run",
       .options =
           {"r:t:l:c:hqV",
            "reason= ticket= label= wait= no-wait request= retry-changed break-glass bind-stdin explain "
            "backend= "
            "policies= quiet "
            "status-fd= config= color= json token-file= ca-file= client-cert= client-key= helper-path= "
            "default= "
            "audit= signing-key= help version"},
       .text_options = "-c"},
      {.names = "sshpass", .options = {"f:d:p:P:ehvV", ""}},
      {.names = "numactl",
       .options = {"i:p:m:N:C:ahslHk",
                   "interleave= preferred= membind= cpunodebind= physcpubind= all "
                   "localalloc show hardware balancing"}},
      {.names = "gosu su-exec setuidgid envdir envuidgid s6-envdir s6-setuidgid s6-envuidgid setarch runcon",
       .options = {"", ""},
       .skip = 1},
      {.names = "setlock s6-setlock", .options = {"nNxX", ""}, .skip = 1},
      {.names = "faketime", .options = {"fm", "exclude-monotonic help version"}, .skip = 1},
      {.names = "logsave", .options = {"asv", ""}, .skip = 1},
      {.names = "annotate-output", .options = {"", "help version"}, .skip_mark = '+'},
      {.names = "choom", .options = {"n:p:hV", "adjust= pid= help version"}},
      {.names = "systemd-cat",
       .options = {"t:p:h", "identifier= priority= stderr-priority= level-prefix= namespace= help version"}},
      {.names = "systemd-inhibit",
       .options = {"h", "what= who= why= mode= list no-pager no-legend help version"}},
      {.names = "uclampset",
       .options = {"m:M:ap:sRvhV",
                   "util-min= util-max= all-tasks pid= system reset-on-fork verbose help version"}},
      {.names = "coresched", .any_start = true},
      {.names = "openvt",
       .options = {"c:efsuwlvhV", "console= exec force switch user wait login verbose help version"},
       .shell_by_default = true},
      {.names = "xvfb-run",
       .options = {"ae:f:hln:p:s:w:",
                   "auto-servernum error-file= auth-file= help listen-tcp server-num= xauth-protocol= "
                   "server-args= wait="}},
      {.names = "gpg-agent",
       .options = {"qvscD",
                   "daemon server supervised verbose quiet sh csh homedir= no-detach enable-ssh-support "
                   "default-cache-ttl= max-cache-ttl= pinentry-program= scdaemon-program= log-file= options= "
                   "gpgconf-list gpgconf-test help version"}},
      {.names = "systemd-nspawn",
       .options = {"", "help version"},
       .elsewhere = true,
       .shell_by_default = true},
      {.names = "tini", .options = {"vgwsp:e:", "version"}},
      {.names = "busybox toybox", .options = {"", ""}},
      {.names = "builtin", .options = {"", ""}},
      {.names = "command", .options = {"pvV", ""}},
      {.names = "exec", .options = {"cla:", ""}, .doubt_options = "-c"},
      {.names = "noglob nocorrect", .options = {"", ""}},
      {.names = "eval", .options = {"", ""}, .joined = true},
      // Of these little is known but that they run the command in their operands: any option makes it
      // doubtful.
      {.names = "pkexec dzdo please run0 fakeroot proot firejail bwrap nsjail valgrind catchsegv "
                "rlwrap unbuffer "
                "torsocks torify proxychains proxychains4 cgexec cpulimit softlimit chpst "
                "dumb-init "
                "daemonize dbus-run-session dbus-launch ssh-agent chronic entr screen "
                "heaptrack gdb lldb "
                "flatpak-spawn "
                "eatmydata caffeinate "
                "start-stop-daemon linux32 linux64 i386 x86_64 ts pgrphack fghack srun salloc mpirun mpiexec "
                "orterun "
                "parexec "
                "ld-linux-x86-64.so.2 ld-linux.so.2 ld-linux-aarch64.so.1 ld.so ccache distcc"},
  };
  return kTable;
}

bool name_matches(std::string_view list, std::string_view name, std::string_view& found, bool& exact,
                  int& count) {
  while (!list.empty()) {
    const auto space = std::min(list.find(' '), list.size());
    const std::string_view entry = list.substr(0, space);
    list.remove_prefix(std::min(space + 1, list.size()));
    const std::string_view plain = entry.substr(0, entry.find_first_of("=["));
    if (!plain.starts_with(name)) continue;
    if (plain == name) {
      found = entry;
      exact = true;
      return true;
    }
    found = entry;
    ++count;
  }
  return count == 1;
}

// The declared long option that `name` (without dashes) is or abbreviates; empty when none or several.
std::string_view find_long(std::string_view longs, std::string_view name) {
  std::string_view found;
  bool exact = false;
  int count = 0;
  const bool unique = name_matches(longs, name, found, exact, count);
  return exact || unique ? found : std::string_view{};
}

}  // namespace

bool is_listed(std::string_view name, std::string_view list) {
  while (!list.empty() && !name.empty()) {
    const auto space = std::min(list.find(' '), list.size());
    if (list.substr(0, space) == name) return true;
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return false;
}

const Wrapper* find_wrapper(std::string_view name) {
  for (const auto& wrapper : wrappers()) {
    if (is_listed(name, wrapper.names)) return &wrapper;
  }
  return nullptr;
}

namespace {

// Reads the bundle of one-letter options argv[i]; false at a letter that is not declared.
bool parse_bundle(const std::vector<std::string>& argv, std::size_t& i, std::string_view shorts,
                  ParsedOptions& parsed) {
  const std::string_view word = argv[i];
  for (std::size_t k = 1; k < word.size(); ++k) {
    const char c = word[k];
    if (c >= '0' && c <= '9' && shorts.starts_with('#')) continue;
    const auto at = shorts.find(c);
    if (c == ':' || c == '#' || at == std::string_view::npos) return false;
    const std::string_view kind = shorts.substr(at + 1);
    const std::string name = {'-', c};
    if (!kind.starts_with(':')) {
      parsed.options.push_back({name, std::nullopt, i + 1});
      continue;
    }
    if (k + 1 < word.size() || kind.starts_with("::")) {
      parsed.options.push_back({name, word.substr(k + 1), i + 1});
    } else if (i + 1 < argv.size()) {
      ++i;
      parsed.options.push_back({name, argv[i], i + 1});
    }
    break;
  }
  ++i;
  return true;
}

bool parse_long(const std::vector<std::string>& argv, std::size_t& i, std::string_view longs,
                ParsedOptions& parsed) {
  const std::string_view word = argv[i];
  const auto equals = word.find('=');
  const std::string_view entry =
      find_long(longs, word.substr(2, equals == std::string_view::npos ? equals : equals - 2));
  if (entry.empty()) return false;
  ParsedOption option{"--" + std::string(entry.substr(0, entry.find_first_of("=["))), std::nullopt, 0};
  if (equals != std::string_view::npos) {
    option.value = word.substr(equals + 1);
  } else if (entry.ends_with('=') && !entry.ends_with("[=") && i + 1 < argv.size()) {
    option.value = argv[++i];
  }
  option.next = ++i;
  parsed.options.push_back(std::move(option));
  return true;
}

}  // namespace

ParsedOptions parse_options(const std::vector<std::string>& argv, std::size_t from, const Options& declared) {
  ParsedOptions parsed;
  std::size_t i = from;
  while (i < argv.size()) {
    const std::string_view word = argv[i];
    if (word == "--") {
      ++i;
      break;
    }
    if (word.size() < 2 || word[0] != '-') break;
    const bool known = word[1] == '-' ? parse_long(argv, i, declared.longs, parsed)
                                      : parse_bundle(argv, i, declared.shorts, parsed);
    if (!known) {
      parsed.unknown = i;
      break;
    }
  }
  parsed.operand = i;
  return parsed;
}

}  // namespace jit::context

// A command that writes down everything it can see of how it was started, as JSON, to `<its own file>.json`:
// no argument, variable or descriptor is needed to tell it where, so none can disturb what is compared.
//
// Arguments: `exit N` ends with N, `signal N` dies by it, `cat` copies stdin to stdout; anything else is only
// recorded.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using Json = nlohmann::ordered_json;

namespace {

std::string hex(const std::string& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

Json words(char** pointers) {
  Json list = Json::array();
  for (; *pointers != nullptr; ++pointers) list.push_back(hex(*pointers));
  return list;
}

std::string link_target(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(link.c_str(), target.data(), target.size());
  return n < 0 ? "errno " + std::to_string(errno)
               : hex(std::string(target.data(), static_cast<std::size_t>(n)));
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::ptrdiff_t words_in(const std::string& text) {
  return std::count(text.begin(), text.end(), ' ');
}

Json descriptor(int fd) {
  struct stat status {};
  ::fstat(fd, &status);
  const mode_t type = status.st_mode & S_IFMT;
  Json seen = {{"fd", fd},
               {"type", type},
               {"fd flags", ::fcntl(fd, F_GETFD)},
               {"status flags", ::fcntl(fd, F_GETFL)},
               {"offset", ::lseek(fd, 0, SEEK_CUR)}};
  // The numbers of pipes and sockets differ from run to run.
  if (type == S_IFREG || type == S_IFDIR || type == S_IFCHR)
    seen["what"] = link_target("/proc/self/fd/" + std::to_string(fd));
  return seen;
}

Json descriptors() {
  std::vector<int> open;
  DIR* directory = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(directory)) open.push_back(fd);
  }
  ::closedir(directory);
  Json list = Json::array();
  for (const int fd : open) list.push_back(descriptor(fd));
  return list;
}

// Signal sets, capabilities, ids and more, as the kernel tells them.
Json kernel_status() {
  Json lines = Json::object();
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    const std::string name = line.substr(0, line.find(':'));
    for (const char* kept :
         {"Name",    "Umask",        "Uid",     "Gid",    "Groups",      "SigPnd",
          "ShdPnd",  "SigBlk",       "SigIgn",  "SigCgt",

          "CapInh",  "CapPrm",       "CapEff",  "CapBnd", "CapAmb",      "NoNewPrivs",
          "Seccomp", "Cpus_allowed", "Threads", "VmLck",  "THP_enabled", "Speculation_Store_Bypass"}) {
      if (name == kept) lines[name] = line.substr(name.size() + 1);
    }
  }
  return lines;
}

Json limits() {
  Json list = Json::array();
  for (int resource = 0; resource < static_cast<int>(RLIM_NLIMITS); ++resource) {
    struct rlimit limit {};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    list.push_back({limit.rlim_cur, limit.rlim_max});
  }
  return list;
}

// Who leads what, without the numbers, which differ from run to run.
Json places() {
  const pid_t self = ::getpid();
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  Json seen = {{"pid", self},
               {"parent", ::getppid()},
               {"leads group", ::getpgrp() == self},
               {"in parent's group", ::getpgrp() == ::getpgid(::getppid())},
               {"leads session", ::getsid(0) == self},
               {"in parent's session", ::getsid(0) == ::getsid(::getppid())},
               {"has terminal", terminal >= 0}};
  if (terminal >= 0) {
    seen["in foreground"] = ::tcgetpgrp(terminal) == ::getpgrp();
    struct termios modes {};
    ::tcgetattr(terminal, &modes);
    seen["terminal modes"] = {modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag};
    ::close(terminal);
  }
  return seen;
}

Json attributes() {
  struct itimerval timer {};
  ::getitimer(ITIMER_REAL, &timer);
  int subreaper = 0;
  int death_signal = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const std::string self = std::to_string(::getpid());
  return {{"nice", ::getpriority(PRIO_PROCESS, 0)},
          {"scheduler", ::sched_getscheduler(0)},
          {"timer runs", timer.it_value.tv_sec > 0 || timer.it_value.tv_usec > 0},
          {"subreaper", subreaper},
          {"death signal", death_signal},
          {"dumpable", ::prctl(PR_GET_DUMPABLE)},
          {"keeps capabilities", ::prctl(PR_GET_KEEPCAPS)},
          {"timer slack", ::prctl(PR_GET_TIMERSLACK)},
          {"personality", content("/proc/self/personality")},
          {"oom_score_adj", content("/proc/self/oom_score_adj")},
          {"cgroup", content("/proc/self/cgroup")},
          {"children", words_in(content("/proc/self/task/" + self + "/children"))},
          {"root", link_target("/proc/self/root")},
          {"exe", link_target("/proc/self/exe")},
          {"AT_SECURE", ::getauxval(AT_SECURE)},
          {"AT_EXECFN",
           hex(reinterpret_cast<const char*>(::getauxval(AT_EXECFN)))}};  // NOLINT(performance-no-int-to-ptr)
}

Json everything(char** argv) {
  Json seen = {{"descriptors", descriptors()}};  // first: all others open some
  seen["argv"] = words(argv);
  seen["environment"] = words(environ);
  seen["cwd"] = link_target("/proc/self/cwd");
  const mode_t mask = ::umask(0);
  ::umask(mask);
  seen["umask"] = mask;
  seen["status"] = kernel_status();
  seen["limits"] = limits();
  seen["places"] = places();
  seen["attributes"] = attributes();
  return seen;
}

std::string own_path() {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink("/proc/self/exe", target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(n < 0 ? 0 : n)};
}

int copy_stdin() {
  std::array<char, 4096> bytes{};
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (n <= 0) return n < 0 ? 1 : 0;
    if (::write(STDOUT_FILENO, bytes.data(), static_cast<std::size_t>(n)) != n) return 1;
  }
}

void die_by(int signal) {
  sigset_t all;
  ::sigemptyset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string report = everything(argv).dump(1);
  const int fd = ::open((own_path() + ".json").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0 || ::write(fd, report.data(), report.size()) != static_cast<ssize_t>(report.size())) return 99;
  ::close(fd);
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "cat") return copy_stdin();
  if (verb == "exit" && argc > 2) return std::atoi(argv[2]);
  if (verb == "signal" && argc > 2) die_by(std::atoi(argv[2]));
  return 0;
}

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>

#include "approval/life_cycle.hpp"
#include "cli/audit/commands.hpp"
#include "cli/common/common.hpp"
#include "terminal/replay_filter.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::cli::audit {
namespace {

using util::Json;

constexpr std::size_t kLongestLine = 1U << 20U;
constexpr std::size_t kLongestFile = std::size_t{1} << 32U;
constexpr double kLongestPause = 1e6;  // s

volatile std::sig_atomic_t g_ended_by = 0;

void note(int signal) {
  g_ended_by = signal;
}

approval::RequestId request_of(store::Store& store, const std::string& prefix) {
  const auto ids =
      approval::is_id_prefix(prefix) ? store.find_prefix(prefix, 2) : std::vector<approval::RequestId>();
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) throw util::UsageError("no such request: " + prefix, "jit-audit log shows what there is");
  throw util::UsageError("\"" + prefix + "\" could be several requests", "give more of the id");
}

// What somebody put into the store of a use that never began is no recording of it.
std::vector<int> begun_uses(store::Store& store, const approval::RequestId& id) {
  const auto request = store.get(id);
  const int begun = request ? approval::uses_begun(*request) : 0;
  auto uses = store.recorded_uses(id);
  if (std::erase_if(uses, [begun](int use) { return use > begun; }) > 0)
    say("jit-audit", "warning: the store has a recording of a use that never began: jit-audit verify");
  return uses;
}

std::string read_stored(const Options& options) {
  const auto store = open_store(options);
  const auto id = request_of(*store, options.request);
  const auto uses = begun_uses(*store, id);
  if (uses.empty()) throw util::UsageError("nothing was recorded of request " + id.brief());
  const int use = options.use.value_or(uses.back());
  if (use > uses.back())
    throw util::UsageError("nothing was recorded of use " + std::to_string(use) + " of request " +
                           id.brief());
  std::string recording;
  store->read_recording(id, use, [&](std::string_view bytes) { recording += bytes; });
  if (recording.empty())
    throw util::UsageError("nothing was recorded of use " + std::to_string(use) + " of request " +
                           id.brief());
  if (!options.use && uses.size() > 1)
    say("jit-audit", "this is use " + std::to_string(use) + " of " + std::to_string(uses.size()) +
                         " that were recorded; --use N shows another");
  return recording;
}

std::string read_file(const std::string& path) {
  const util::Fd file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw util::SystemError(errno, util::visible(path));
  const auto text = util::read_all(file.get(), kLongestFile, path);
  if (!text) throw util::Error(util::visible(path) + " is too large");
  return *text;
}

// A file that was not there: what is there may be evidence, too.
void write_file(const std::string& path, const std::string& recording) {
  const util::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || !util::write_all(file.get(), recording) || ::fsync(file.get()) != 0)
    throw util::SystemError(errno, util::visible(path), "name a file that is not there yet");
}

void write_out(const std::string& text) {
  if (!util::write_all(STDOUT_FILENO, text) && g_ended_by == 0)
    throw util::SystemError(errno, "writing to stdout");
}

/// While it lives, the terminal shows what is written as it is, as it did when that was recorded, and nothing
/// of what is typed.
class AsWritten {
 public:
  AsWritten() {
    m_is_set = ::tcgetattr(STDOUT_FILENO, &m_before) == 0;
    termios now = m_before;
    now.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    now.c_cc[VSUSP] = _POSIX_VDISABLE;  // a shell should not find it so
    if (m_is_set) ::tcsetattr(STDOUT_FILENO, TCSANOW, &now);
  }
  ~AsWritten() {
    if (m_is_set) ::tcsetattr(STDOUT_FILENO, TCSAFLUSH, &m_before);
  }
  AsWritten(const AsWritten&) = delete;
  AsWritten& operator=(const AsWritten&) = delete;

 private:
  termios m_before{};
  bool m_is_set = false;
};

/// Plays events one by one.
class Player {
 public:
  explicit Player(const Options& options) : m_options(options) {}

  /// What is damaged in it, which is passed over; empty where nothing is.
  std::string play(std::string_view recording) {
    int damaged = 0;
    std::string first;
    for (int line = 1; !recording.empty() && g_ended_by == 0; ++line) {
      const std::size_t end = std::min(recording.find('\n'), recording.size());
      try {
        take(recording.substr(0, end), line);
      } catch (const util::UsageError&) {
        throw;  // before anything was played
      } catch (const util::Error& error) {
        if (damaged++ == 0) first = error.what();
      }
      recording.remove_prefix(std::min(end + 1, recording.size()));
    }
    write_out(m_filter.reset());
    return damaged == 0 ? ""
                        : util::counted(static_cast<std::size_t>(damaged), "line") +
                              " of it cannot be played, the first: " + first;
  }

 private:
  void take(std::string_view text, int line) {
    const std::string name = "line " + std::to_string(line);
    if (line > 1) return show(util::parse_json(text, name, kLongestLine), line);
    try {
      begin(util::parse_json(text, name, kLongestLine));
    } catch (const util::Error&) {
      throw util::UsageError("this is no asciicast of version 2");
    }
  }

  static void begin(const Json& header) {
    if (!header.is_object() || header.value("version", Json()) != 2)
      throw util::UsageError("this is no asciicast of version 2");
    winsize here{};
    const Json width = header.value("width", Json());
    const Json height = header.value("height", Json());
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &here) != 0 || !width.is_number_integer() ||
        !height.is_number_integer())
      return;
    if (width > here.ws_col || height > here.ws_row)
      say("jit-audit", "recorded on a terminal of " + width.dump() + "x" + height.dump() + "; this one has " +
                           std::to_string(here.ws_col) + "x" + std::to_string(here.ws_row));
  }

  void show(const Json& event, int line) {
    if (!event.is_array() || event.size() < 3 || !event[0].is_number() || !event[1].is_string() ||
        !event[2].is_string())
      throw util::Error("line " + std::to_string(line) + " is no event of an asciicast");
    if (event[1] != "o") return;
    pause_until(event[0].get<double>());
    if (g_ended_by == 0) write_out(m_filter.pass(event[2].get_ref<const std::string&>()));
  }

  void pause_until(double time) {
    double pause = std::clamp(time - m_time, 0.0, kLongestPause);
    if (m_options.idle_limit) pause = std::min(pause, *m_options.idle_limit);
    pause /= m_options.speed;
    m_time = std::max(m_time, time);
    const timespec duration{static_cast<std::time_t>(pause),
                            static_cast<long>((pause - std::floor(pause)) * 1e9)};
    if (pause > 0) ::nanosleep(&duration, nullptr);  // ^C ends it
  }

  const Options& m_options;
  terminal::ReplayFilter m_filter;
  double m_time = 0;
};

void play(const Options& options, const std::string& recording) {
  struct sigaction action {};
  action.sa_handler = note;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGTSTP, SIG_IGN);  // a shell should not find the terminal so
  std::string damage;
  {
    const AsWritten as_written;
    damage = Player(options).play(recording);
  }
  if (g_ended_by == 0 && !damage.empty())
    throw util::Error(damage, "jit-audit verify says whether it is what was reported");
  if (g_ended_by == 0) return;
  ::signal(g_ended_by, SIG_DFL);
  ::raise(g_ended_by);
}

}  // namespace

int replay(const Options& options) {
  if (options.request.empty() == options.from.empty())
    throw util::UsageError("replay needs the id of a request, or --from FILE");
  if (options.speed <= 0 || (options.idle_limit && *options.idle_limit < 0))
    throw util::UsageError("--speed and --idle-limit must be more than nothing");
  const std::string recording = options.from.empty() ? read_stored(options) : read_file(options.from);
  if (!options.output.empty()) {
    write_file(options.output, recording);
  } else if (!options.raw && ::isatty(STDOUT_FILENO) == 1) {
    play(options, recording);
  } else {
    // A file of somebody else's may hold anything.
    const bool is_ours = options.from.empty() || ::isatty(STDOUT_FILENO) == 0;
    write_out(is_ours ? recording : util::visible(recording));
  }
  return EXIT_SUCCESS;
}

}  // namespace jit::cli::audit

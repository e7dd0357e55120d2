#include "cli/server/notifier.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "cli/common/common.hpp"
#include "util/error.hpp"
#include "util/spawn.hpp"
#include "util/subprocess.hpp"

namespace jit::cli::server {
namespace {

using namespace std::chrono_literals;

std::string program() {
  return util::libexec_directory() + "/jit-notify";
}

}  // namespace

Notifier::Notifier(std::vector<std::string> argv) : m_argv(std::move(argv)), m_thread([this] { keep(); }) {}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(m_mutex);
    m_over = true;
  }
  m_wake.notify_one();
  m_thread.join();
}

void Notifier::want(bool wanted) {
  {
    const std::lock_guard lock(m_mutex);
    m_wanted = wanted;
  }
  m_wake.notify_one();
}

// Whole or not at all (POSIX, PIPE_BUF), and without waiting: who reads nothing is no help in three seconds.
bool Notifier::send(const std::string& errand) {
  const std::string line = errand + "\n";
  if (line.size() > PIPE_BUF) return false;
  const std::lock_guard lock(m_mutex);
  if (m_pid < 0 || !m_life) return false;
  return ::write(m_life.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void Notifier::keep() {
  constexpr auto kLook = 200ms;
  constexpr std::chrono::milliseconds kLongest = 30s;
  constexpr auto kLong = 60s;  // whoever has run so long has not failed at the start
  std::chrono::milliseconds pause = 500ms;
  auto not_before = std::chrono::steady_clock::now();
  auto started = not_before;
  std::unique_lock lock(m_mutex);
  while (!m_over) {
    const auto now = std::chrono::steady_clock::now();
    if (m_pid >= 0 && has_ended()) {
      pause = now - started > kLong ? 500ms : std::min(pause * 2, kLongest);
      not_before = now + pause;
      if (m_wanted) say("jit-server", "warning: jit-notify ended; it is started again");
    }
    if (m_wanted && m_pid < 0 && now >= not_before) {
      start();
      started = now;
      not_before = now + pause;
    }
    if (!m_wanted && m_pid >= 0) stop();
    if (m_wanted) {
      m_wake.wait_for(lock, kLook);
    } else {
      m_wake.wait(lock);
    }
  }
  stop();
}

void Notifier::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const util::Fd its_end(ends[0]);
  m_life = util::Fd(ends[1]);
  ::fcntl(m_life.get(), F_SETFL, O_NONBLOCK);
  util::Spawn spawn;
  spawn.put(its_end.get(), STDIN_FILENO);
  spawn.open(STDOUT_FILENO, "/dev/null", O_WRONLY);
  spawn.own_session();  // a terminal's signals end the server, and that ends it
  const std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin"};
  try {
    m_pid = spawn.start(program(), m_argv, util::pointers_to(environment).data(), STDERR_FILENO + 1);
  } catch (const util::Error& error) {
    say("jit-server", std::string("warning: nobody is notified: ") + error.what(),
        "is jit-run installed completely?");
  }
}

bool Notifier::has_ended() {
  if (::waitpid(m_pid, nullptr, WNOHANG) == 0) return false;
  m_pid = -1;
  m_life.reset();
  return true;
}

// What it delivers just now it may finish.
void Notifier::stop() {
  m_life.reset();
  for (int i = 0; i < 100 && m_pid >= 0 && !has_ended(); ++i) std::this_thread::sleep_for(10ms);
  if (m_pid < 0) return;
  ::kill(m_pid, SIGKILL);
  util::reap(m_pid);
  m_pid = -1;
}

void become_notifier(std::vector<std::string> words) {
  const std::string path = program();
  words.insert(words.begin(), "jit-server");  // who typed that hears of nothing else
  ::execv(path.c_str(), util::pointers_to(words).data());
  throw util::SystemError(errno, path, "is jit-run installed completely?");
}

}  // namespace jit::cli::server

#include "run/recorder.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "util/error.hpp"

namespace jit::run {
namespace {

// One write to a disk, or one message to a server, for so much of a session; and so much is lost at most when
// this process is killed.
constexpr std::chrono::milliseconds kTogether{200};
constexpr std::size_t kPiece = 128U << 10U;
constexpr std::chrono::seconds kUntilAnotherTry{1};
constexpr std::chrono::seconds kAtTheEnd{30};
// What says so has to fit, too.
constexpr std::size_t kForTheEnd = 256;

util::Fd make_event() {
  util::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw util::SystemError(errno, "eventfd");
  return event;
}

// Whole lines, so that a recording that ends early is one that can be played.
std::string first_piece(const std::string& waiting) {
  const std::size_t end = waiting.size() <= kPiece ? waiting.size() : waiting.rfind('\n', kPiece) + 1;
  return waiting.substr(0, end > 0 ? end : waiting.find('\n') + 1);
}

}  // namespace

Recorder::Recorder(Target target, const std::string& header)
    : m_target(std::move(target)), m_given_up(make_event()), m_done(make_event()) {
  m_target.append(0, header);
  m_added = m_kept = header.size();
}

Recorder::~Recorder() {
  if (m_thread.joinable()) (void)finish(-1);
}

Asciicast::Since Recorder::since_start() const {
  return std::chrono::duration_cast<Asciicast::Since>(Clock::now() - m_began);
}

void Recorder::output(std::string_view bytes) {
  constexpr std::size_t kAtOnce = 4096;  // as JSON it may be six times as long
  for (; !bytes.empty() && !m_full; bytes.remove_prefix(std::min(bytes.size(), kAtOnce)))
    add(m_cast.output(since_start(), bytes.substr(0, kAtOnce)));
}

void Recorder::resized(int columns, int rows) {
  add(Asciicast::resized(since_start(), columns, rows));
}

void Recorder::add(const std::string& lines) {
  if (m_full || lines.empty()) return;
  m_full = m_added + lines.size() + kForTheEnd > m_target.limit;
  const std::string added =
      m_full
          ? Asciicast().output(since_start(),
                               "\r\n[jit-run: the recording ends here, it has become as long as it may]\r\n")
          : lines;
  m_added += added.size();
  {
    const std::lock_guard lock(m_mutex);
    m_waiting += added;
  }
  m_news.notify_one();
  if (!m_thread.joinable()) m_thread = std::thread([this] { keep_all(); });
}

bool Recorder::keep(const std::string& piece) {
  std::string problem;
  try {
    m_target.append(m_kept, piece);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock(m_mutex);
  m_problem = problem;
  if (!problem.empty()) return false;
  m_kept += piece.size();
  m_waiting.erase(0, piece.size());
  return true;
}

void Recorder::keep_all() {
  std::unique_lock lock(m_mutex);
  while (true) {
    m_news.wait(lock, [&] { return m_finishing || !m_waiting.empty(); });
    m_news.wait_for(lock, kTogether, [&] { return m_finishing; });
    if (m_waiting.empty() || (m_finishing && Clock::now() > m_deadline)) break;
    const bool was_last_try = m_finishing && !m_problem.empty();
    const std::string piece = first_piece(m_waiting);
    lock.unlock();
    const bool kept = keep(piece);
    lock.lock();
    if (!kept && was_last_try) break;
    if (!kept) m_news.wait_for(lock, kUntilAnotherTry, [&] { return m_finishing; });
  }
  ::eventfd_write(m_done.get(), 1);
}

std::optional<std::string> Recorder::finish(int ending_fd) {
  add(m_cast.finish(since_start()));
  if (m_thread.joinable()) {
    {
      const std::lock_guard lock(m_mutex);
      m_finishing = true;
      m_deadline = Clock::now() + kAtTheEnd;
    }
    m_news.notify_one();
    std::array<pollfd, 2> events{{{m_done.get(), POLLIN, 0}, {ending_fd, POLLIN, 0}}};
    constexpr std::chrono::milliseconds kPatience = kAtTheEnd;
    ::poll(events.data(), events.size(), static_cast<int>(kPatience.count()));
    ::eventfd_write(m_given_up.get(), 1);
    const bool is_done = (events[0].revents & POLLIN) != 0;
    if (!is_done) {
      const std::lock_guard lock(m_mutex);
      m_deadline = Clock::now();
    }
    m_thread.join();
  }
  if (!m_waiting.empty()) return m_problem.empty() ? "it could not be kept in time" : m_problem;
  if (m_full) return "it has become as long as it may";
  return std::nullopt;
}

}  // namespace jit::run

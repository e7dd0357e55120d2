#include "store/doorbells.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>
#include <system_error>
#include <thread>

namespace jit::store {
namespace {

constexpr const char* kFile = "wake";
constexpr std::size_t kAll = Doorbells::kCounters - 1;

using Counter = std::atomic_ref<std::uint32_t>;

void wake(std::uint32_t& counter) {
  Counter(counter).fetch_add(1);
  ::syscall(SYS_futex, &counter, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// RFC 4648 letters: a to z are 0 to 25, 2 to 7 the rest.
std::size_t counter_of(const approval::RequestId& id) {
  const char letter = id.text().front();
  return static_cast<std::size_t>(letter >= 'a' ? letter - 'a' : letter - '2' + 26);
}

// The file, made with its final mode when it is missing; nothing when it is not what we would have made.
util::Fd open_board(const Place& place) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  util::Fd fd(::openat(place.fd.get(), kFile, flags));
  if (!fd) {
    fd = util::Fd(::openat(place.fd.get(), kFile, flags | O_CREAT, place.file_mode()));
    if (fd) (void)!::fchmod(fd.get(), place.file_mode());  // what the umask took away; only its maker can
  }
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto size = static_cast<off_t>(sizeof(Doorbells::Board));
  // With its block: writing into a mapped hole of a full disk would kill this process.
  if ((status.st_size < size || status.st_blocks == 0) && ::posix_fallocate(fd.get(), 0, size) != 0)
    return {};
  return fd;
}

std::shared_ptr<Doorbells::Board> map_board(const Place& place) {
  const util::Fd fd = open_board(place);
  if (!fd) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(Doorbells::Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return nullptr;
  return {static_cast<Doorbells::Board*>(mapped),
          [](Doorbells::Board* board) { ::munmap(board, sizeof *board); }};
}

/// Waits on a counter in a thread of its own, and passes each ring on to a descriptor. An exec ends the
/// thread at once.
class FutexWatch final : public Watch {
 public:
  FutexWatch(std::shared_ptr<Doorbells::Board> board, std::size_t counter) : m_board(std::move(board)) {
    if (!m_board) return;
    m_counter = &m_board->counters[counter];
    m_event = util::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!m_event) return;
    m_seen = Counter(*m_counter).load();
    start();
  }
  ~FutexWatch() override {
    if (!m_thread.joinable()) return;
    m_stop = true;
    wake(*m_counter);
    m_thread.join();
  }
  FutexWatch(const FutexWatch&) = delete;
  FutexWatch& operator=(const FutexWatch&) = delete;

  int fd() override { return m_event.get(); }
  void drain() override {
    std::uint64_t rings = 0;
    if (m_event) (void)!::read(m_event.get(), &rings, sizeof rings);
  }

 private:
  // Signals are the business of whoever waits, not of this thread: it is started with all of them blocked.
  void start() {
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      m_thread = std::thread([this] { listen(); });
    } catch (const std::system_error&) {
      m_event.reset();  // no thread to be had: whoever waits polls
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void listen() {
    while (!m_stop) {
      ::syscall(SYS_futex, m_counter, FUTEX_WAIT, m_seen, nullptr, nullptr, 0);
      const std::uint32_t now = Counter(*m_counter).load();
      if (now == m_seen) continue;
      m_seen = now;
      const std::uint64_t one = 1;
      (void)!::write(m_event.get(), &one, sizeof one);
    }
  }

  std::shared_ptr<Doorbells::Board> m_board;
  std::uint32_t* m_counter = nullptr;
  std::uint32_t m_seen = 0;
  util::Fd m_event;
  std::atomic<bool> m_stop{false};
  std::thread m_thread;
};

}  // namespace

Doorbells::Doorbells(const Place& place, bool may_write) : m_board(may_write ? map_board(place) : nullptr) {}

void Doorbells::ring(const approval::RequestId& id) {
  if (!m_board) return;
  wake(m_board->counters[counter_of(id)]);
  wake(m_board->counters[kAll]);
}

std::unique_ptr<Watch> Doorbells::watch(const std::optional<approval::RequestId>& id) {
  return std::make_unique<FutexWatch>(m_board, id ? counter_of(*id) : kAll);
}

}  // namespace jit::store

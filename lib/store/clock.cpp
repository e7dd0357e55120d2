#include "store/clock.hpp"

#include <fcntl.h>

#include <algorithm>
#include <ctime>

#include "util/digest.hpp"
#include "util/fd.hpp"

namespace jit::store {
namespace {

constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

// Empty when the kernel does not say.
std::string kernels_boot_id() {
  const util::Fd fd(::open(kBootId, O_RDONLY | O_CLOEXEC));
  if (!fd) return "";
  std::string id = util::read_all(fd.get(), 256, "boot_id").value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

// Where the kernel does not say, this process has a name of its own for it: what it has written it can go on
// from; what others have written only keeps the clock from running backwards.
std::string boot_id() {
  if (std::string id = kernels_boot_id(); !id.empty()) return id;
  static const std::string kOwn = "process-" + util::hex(util::random_bytes(16));
  return kOwn;
}

class SystemClock final : public Clock {
 public:
  Moment read() override {
    if (m_boot.empty()) m_boot = boot_id();
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    const auto since_boot = std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    return {util::wall_clock(), m_boot, std::chrono::floor<util::Millis>(since_boot)};
  }

 private:
  std::string m_boot;
};

}  // namespace

bool knows_boot() {
  return !kernels_boot_id().empty();
}

Clock& system_clock() {
  thread_local SystemClock clock;
  return clock;
}

util::Time store_time(const Moment& moment, const std::optional<Anchor>& anchor) {
  if (!anchor) return moment.wall;
  const bool same_boot = !moment.boot.empty() && moment.boot == anchor->boot;
  const util::Millis passed =
      same_boot ? std::max(util::Millis{0}, moment.since_boot - anchor->since_boot) : util::Millis{0};
  return std::max(moment.wall, anchor->store_time + passed);
}

}  // namespace jit::store

#pragma once
#include <optional>
#include <string>

#include "util/time.hpp"

namespace jit::store {

/// What this machine's clocks say at one moment.
struct Moment {
  util::Time wall;
  std::string boot;           // names this boot of the machine
  util::Millis since_boot{};  // goes on while the machine sleeps, and nobody sets it
};

/// A seam for tests: where the store reads the time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment read() = 0;
};

/// CLOCK_REALTIME, CLOCK_BOOTTIME and /proc/sys/kernel/random/boot_id; without that, a name that only this
/// process knows.
Clock& system_clock();
/// Whether the kernel tells one boot from another.
bool knows_boot();

/// The moment of the last write, and what the store's clock said then.
struct Anchor {
  std::string boot;
  util::Millis since_boot{};
  util::Time store_time;
};

/// The store's clock: the wall clock, but never behind the last write, nor behind the time that has really
/// passed since then: setting the clock back gives nobody more time.
util::Time store_time(const Moment& moment, const std::optional<Anchor>& anchor);

}  // namespace jit::store

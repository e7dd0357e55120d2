#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "approval/request.hpp"
#include "store/place.hpp"
#include "store/store.hpp"

namespace jit::store {

/// Wakes other processes: counters in a small shared file of the store's directory, `wake`, on which they
/// wait with futex(2). Each counter is shared by the requests whose id starts with its letter; the last one
/// counts all changes. (Not inotify: closing its descriptor takes the kernel 5 to 15 ms, and that would lie
/// between the decision and the command.) Every failure here is harmless: whoever waits also looks now and
/// then by themselves.
class Doorbells {
 public:
  static constexpr std::size_t kCounters = 33;
  /// The file's content, mapped and shared.
  struct Board {
    std::uint32_t counters[kCounters];
  };

  Doorbells(const Place& place, bool may_write);

  void ring(const approval::RequestId& id);
  /// Wakes for this request, and now and then for another; without an id, for all.
  std::unique_ptr<Watch> watch(const std::optional<approval::RequestId>& id);

 private:
  std::shared_ptr<Board> m_board;  // null: no bell can be heard
};

}  // namespace jit::store

#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "approval/request.hpp"
#include "store/place.hpp"
#include "store/store.hpp"

namespace jit::store {

/// Wakes other processes: one empty file for each request that somebody may wait for, in the store's
/// directory `wake`, touched after each change. Every failure here is harmless: whoever waits also looks now
/// and then by themselves.
class Doorbells {
 public:
  Doorbells(const Place& place, bool may_write);

  /// Touches the request's file; takes it away when the request is over.
  void ring(const approval::RequestId& id, bool is_over);
  std::unique_ptr<Watch> watch(const std::optional<approval::RequestId>& id);

  /// Whether it is time to look for files that were left behind (once an hour); notes that it was done.
  bool sweep_is_due();
  std::vector<approval::RequestId> present();
  void remove(const approval::RequestId& id);

 private:
  util::Fd open_bell(const std::string& name);

  util::Fd m_directory;
  mode_t m_file_mode;
  bool m_may_write;
};

}  // namespace jit::store

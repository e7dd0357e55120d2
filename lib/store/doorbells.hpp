#pragma once
#include <memory>
#include <optional>
#include <string>

#include "approval/request.hpp"
#include "store/place.hpp"
#include "store/store.hpp"

namespace jit::store {

/// Wakes other processes: a few empty files in the store's directory `wake`, touched after each change. Each
/// is shared by the requests whose id starts with its letter, so that ringing makes and removes no file: that
/// would cost more than the decision itself. Every failure here is harmless: whoever waits also looks now and
/// then by themselves.
class Doorbells {
 public:
  Doorbells(const Place& place, bool may_write);

  void ring(const approval::RequestId& id);
  /// Wakes for this request, and now and then for another; without an id, for all.
  std::unique_ptr<Watch> watch(const std::optional<approval::RequestId>& id);

 private:
  util::Fd open_bell(const std::string& name);

  util::Fd m_directory;
  mode_t m_file_mode;
  bool m_may_write;
};

}  // namespace jit::store

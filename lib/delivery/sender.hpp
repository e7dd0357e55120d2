#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.hpp"
#include "util/time.hpp"

namespace jit::delivery {

/// What became of a parcel.
struct Sent {
  notify::Answer answer;  // a status of 0: nothing came back; then `problem` says why
  std::string problem, hint;
  bool is_hopeless = false;                   // trying again cannot help
  std::optional<util::Millis> retry_after{};  // as the other side wishes
};

/// Sends parcels, many at a time, each within 10 s: by HTTP and SMTP (libcurl), to a program, to terminals.
/// TLS is verified always; no redirects, no proxies; at most 64 KiB of an answer are read. Private addresses
/// are refused, as they are connected to, where that is not allowed; without TLS it goes to loopback at most.
class Sender {
 public:
  Sender();
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  using Done = std::function<void(Sent)>;
  void start(notify::Parcel parcel, bool allow_private, Done done);
  /// Waits until something can be done, one of `fds` is readable (-1: none), or `at_most` has passed; does
  /// it.
  void run_once(const std::vector<int>& fds, util::Millis at_most);

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace jit::delivery

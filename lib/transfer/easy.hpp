#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

struct curl_slist;

namespace jit::transfer {

/// What a transfer may be and cost.
struct Bounds {
  bool allow_private = false;  // whether it may lead to a private address
  bool plain = false;          // without TLS: then it leads to this machine, or nowhere
  std::chrono::milliseconds time{};
  std::size_t bytes = 0;  // of the answer
};

/// One transfer by libcurl: TLS verified always, no redirects, no proxies, no .netrc, bounded, and connected
/// to no address that the bounds refuse. libcurl keeps its address.
class Easy {
 public:
  /// Throws util::Error when libcurl does not start.
  Easy();
  ~Easy();
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  /// A CURL*, for what else is to be set.
  void* handle() const { return m_handle; }
  /// `protocols` as CURLOPT_PROTOCOLS_STR has them. Throws util::Error.
  void prepare(const std::string& url, const char* protocols, const Bounds& bounds);
  /// A header, or a recipient; all of them as CURLOPT_HTTPHEADER takes them.
  void add_line(const std::string& line);
  curl_slist* lines() const { return m_lines; }

  const Bounds& bounds() const { return m_bounds; }
  /// Its address was refused; more came than may.
  bool refused() const { return m_refused; }
  bool too_long() const { return m_too_long; }
  std::string& body() { return m_body; }

 private:
  struct Callbacks;
  void* m_handle = nullptr;
  curl_slist* m_lines = nullptr;
  Bounds m_bounds;
  std::string m_body;
  std::size_t m_header_bytes = 0;
  bool m_refused = false, m_too_long = false;
};

/// Starts libcurl, once in a process. Throws util::Error.
void start_libcurl();

/// What to do about a CURLcode; empty when nothing is known.
std::string hint_of(int code);

}  // namespace jit::transfer

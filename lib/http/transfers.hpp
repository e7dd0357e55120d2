#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "http/endpoint.hpp"
#include "util/time.hpp"

namespace jit::http {

/// What is sent; the body is JSON.
struct Exchange {
  std::string method = "GET", path;  // "/v1/requests?limit=100"
  std::string body;
  std::map<std::string, std::string> headers;  // besides those that every request has
  util::Millis within{15'000};                 // until the answer is here, all of it
};

/// What came back.
struct Answer {
  int status = 0;                              // 0: there was none; then `problem` says why
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string problem;
  bool may_pass =
      false;  // trying again can help: no connection, a time-out; not: a certificate that is wrong
  // More likely a slip in the URL than an outage: no such name, no such socket, nobody who speaks our
  // protocol.
  bool is_doubtful = false;
};

/// How to reach the server, and who one is there.
struct Identity {
  std::string token, token_file;                 // empty: none
  std::string no_token_in;                       // where one would have been taken from; empty: nowhere
  std::string ca_file, client_cert, client_key;  // empty: none
};

/// Requests to one server, several at a time, over connections that are kept (libcurl). TLS 1.2 at least,
/// with the server's certificate and name verified, always; no redirects; proxies by the usual variables.
class Transfers {
 public:
  Transfers(Endpoint endpoint, Identity identity);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  using Done = std::function<void(Answer)>;
  /// Called with each piece of the body as it comes; false ends the request, which then counts as answered.
  using Piece = std::function<bool(const std::string&)>;
  void start(const Exchange& exchange, Done done, Piece piece = nullptr);
  /// Waits until something can be done, `fd` is readable, or `at_most` has passed; then does it.
  void run_once(int fd, util::Millis at_most);

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace jit::http

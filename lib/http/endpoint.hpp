#pragma once
#include <string>

namespace jit::http {

/// Where a server is: what a backend's URL says.
struct Endpoint {
  std::string url;          // as it was given
  std::string base;         // "https://jit.example.org:8443/team", without a slash at its end
  std::string unix_socket;  // its path; empty for TCP
  bool is_loopback = false;
};

/// Reads "https://HOST[:PORT][/BASE]", "http://" for loopback addresses only, "unix:/PATH". Throws UsageError
/// for anything else: user names and passwords in it, a query, http:// to another machine.
Endpoint parse_endpoint(const std::string& url);

}  // namespace jit::http

#include "http/endpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::http {
namespace {

[[noreturn]] void fail(const std::string& url, const std::string& why, const std::string& hint) {
  throw util::UsageError("the backend \"" + util::visible(url) + "\" " + why, hint);
}

// The host, without its port and the brackets of an IPv6 address.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

// Empty where there is none.
std::string_view port_of(std::string_view authority) {
  if (authority.starts_with('[')) authority.remove_prefix(std::min(authority.find(']'), authority.size()));
  const std::size_t colon = authority.find(':');
  return colon == std::string_view::npos ? "" : authority.substr(colon + 1);
}

bool is_port(std::string_view digits) {
  unsigned number = 1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return digits.empty() ||
         (error == std::errc() && end == digits.data() + digits.size() && number >= 1 && number <= 65535);
}

// By number, or by the one name that every resolver must keep on this machine (RFC 6761); no other name: it
// may be anywhere.
bool is_loopback_host(const std::string& host) {
  const bool is_number = !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "::1" ||
         (is_number && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3);
}

}  // namespace

Endpoint parse_endpoint(const std::string& url) {
  constexpr std::string_view kUnix = "unix:";
  if (url.starts_with(kUnix)) {
    Endpoint endpoint{url, "http://localhost", url.substr(kUnix.size()), true};
    constexpr std::size_t kLongestSocket = 107;  // sockaddr_un
    if (!endpoint.unix_socket.starts_with('/') || endpoint.unix_socket.size() > kLongestSocket)
      fail(url, "names no socket", "write unix:/PATH, of at most 107 bytes");
    return endpoint;
  }
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) fail(url, "is of no kind that is known", "write https://HOST");
  const std::string_view rest = std::string_view(url).substr(secure ? 8 : 7);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos)
    fail(url.substr(0, url.find("//") + 2) + "…", "holds a user name or password",
         "a token is read from the file that the setting token_file names");
  if (authority.empty() || rest.find_first_of("?#\\ \t\r\n") != std::string_view::npos)
    fail(url, "is no URL of a server", "write https://HOST, https://HOST:PORT or https://HOST/PATH");
  if (!is_port(port_of(authority))) fail(url, "names no port", "a port is a number from 1 to 65535");
  Endpoint endpoint{url, url, "", is_loopback_host(host_of(authority))};
  if (!secure && !endpoint.is_loopback)
    fail(url, "would send everything in the clear", "http:// is for this machine only; write https://");
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  return endpoint;
}

}  // namespace jit::http

#include "git/redact_url.hpp"

#include <algorithm>

namespace jit::git {

std::string redact_url(std::string_view url) {
  constexpr std::string_view kRedacted = "[redacted]";
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos)
    return std::string(url);  // "git@host:path": no secret has a place there
  std::string result(url.substr(0, scheme + 3));
  std::string_view rest = url.substr(scheme + 3);
  // The last @ ends the user's part, even where a password holds a slash that it should have escaped.
  const auto slash = std::min(rest.find('/'), rest.size());
  auto at = rest.substr(0, slash).rfind('@');
  const auto colon = rest.find(':');
  const bool odd_port =
      colon < slash &&
      rest.substr(colon + 1, slash - colon - 1).find_first_not_of("0123456789") != std::string_view::npos;
  if (at == std::string_view::npos && odd_port) at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const auto password = user.find(':');
    const bool http = url.starts_with("http");
    if (password != std::string_view::npos) {
      result += std::string(user.substr(0, password + 1)) + std::string(kRedacted);
    } else {
      result += http ? std::string(kRedacted) : std::string(user);
    }
    result += '@';
    rest.remove_prefix(at + 1);
  }
  if (const auto query = rest.find('?'); query != std::string_view::npos) {
    return result + std::string(rest.substr(0, query + 1)) + std::string(kRedacted);
  }
  return result + std::string(rest);
}

}  // namespace jit::git

#include "policy/source_kinds.hpp"

#include <algorithm>

namespace jit::policy {
namespace {

// Of a URL's authority, without the port.
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// What a name means is looked at again when it is connected to.
bool is_here(const std::string& host) {
  const bool is_number = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_number);
}

}  // namespace

const std::vector<SourceKind>& source_kinds() {
  static const std::vector<SourceKind> kKinds{{"alertmanager", "url", {"url"}, true},
                                              {"prometheus", "", {"url", "query"}, true},
                                              {"http", "url", {"url", "pointer"}, true},
                                              {"file", "path", {"path"}},
                                              {"program", "argv", {"argv"}}};
  return kKinds;
}

std::string url_problem(const std::string& url, bool may_have_query) {
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; });
  const auto scheme = url.find("://");
  if (!is_plain || (!url.starts_with("https://") && !url.starts_with("http://")))
    return "it must be an https:// URL";
  const std::string rest = url.substr(scheme + 3);
  const std::string authority = rest.substr(0, rest.find_first_of("/?#\\"));
  if (authority.find('@') != std::string::npos)
    return "a password in a URL is shown to everybody: token_file names a file that holds a token";
  const std::string host = host_of(authority);
  if (host.empty()) return "it names no host";
  if (url.find('#') != std::string::npos || url.find('\\') != std::string::npos)
    return "it has a \"#\" or \"\\\", which no address of an API has";
  if (!may_have_query && url.find('?') != std::string::npos)
    return "it must be the address alone, without \"?\": what is asked of it is added";
  if (url.starts_with("http://") && !is_here(host))
    return "without TLS anybody on the way could answer: https://, or http:// on this machine";
  return "";
}

}  // namespace jit::policy

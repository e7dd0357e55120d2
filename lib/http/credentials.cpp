#include "http/credentials.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::http {
namespace {

constexpr std::size_t kLongestToken = 4096;

std::string setting(const util::Json& settings, const char* name) {
  const auto found = settings.find(name);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

// What RFC 6750 lets stand behind "Bearer ": in particular nothing that ends a header.
bool is_token(const std::string& text) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_fine);
}

std::string read_token(const std::string& path) {
  const auto file = util::open_trusted(path);
  const std::string name = util::visible(path);
  if (!file)
    throw util::UsageError("there is no token file " + name, "jit-server token create makes a token");
  if ((file->status.st_mode & 077U) != 0)
    throw util::UsageError("the token file " + name + " is open to others", "chmod 600 " + name);
  auto text = util::read_all(file->fd.get(), kLongestToken, path).value_or("");
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (!is_token(text))
    throw util::UsageError("the token file " + name + " holds no token", "it must be one line");
  return text;
}

std::string usual_token_file() {
  const char* config = ::getenv("XDG_CONFIG_HOME");  // NOLINT(concurrency-mt-unsafe)
  const char* home = ::getenv("HOME");               // NOLINT(concurrency-mt-unsafe)
  std::string directory = config != nullptr && *config == '/' ? config : "";
  if (directory.empty() && home != nullptr && *home == '/') directory = std::string(home) + "/.config";
  return directory.empty() ? "" : directory + "/jit-run/token";
}

std::string readable(const util::Json& settings, const char* name) {
  const std::string path = setting(settings, name);
  if (!path.empty() && !util::open_trusted(path))
    throw util::UsageError(std::string(name) + ": there is no file " + util::visible(path));
  return path;
}

}  // namespace

Identity load_identity(const Endpoint& endpoint, const util::Json& settings) {
  Identity identity{.token = {},
                    .token_file = {},
                    .no_token_in = {},
                    .ca_file = readable(settings, "ca_file"),
                    .client_cert = readable(settings, "client_cert"),
                    .client_key = readable(settings, "client_key")};
  std::string path = setting(settings, "token_file");
  // On a socket the peer's user id says who it is.
  if (path.empty() && endpoint.unix_socket.empty()) {
    path = usual_token_file();
    if (!path.empty() && ::access(path.c_str(), F_OK) != 0) identity.no_token_in = std::exchange(path, "");
  }
  if (!path.empty()) identity.token = read_token(path);
  identity.token_file = std::move(path);
  return identity;
}

}  // namespace jit::http

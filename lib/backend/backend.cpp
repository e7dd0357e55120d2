#include "backend/backend.hpp"

#include <string_view>

#include "backend/helper.hpp"
#include "backend/local.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::backend {
namespace {

constexpr std::string_view kLocal = "local";

std::string scheme_of(const std::string& url) {
  return url.substr(0, url.find(':'));
}

// What follows the scheme and its colon; empty when nothing does.
std::string rest_of(const std::string& url) {
  const std::size_t colon = url.find(':');
  return colon == std::string::npos ? "" : url.substr(colon + 1);
}

}  // namespace

std::optional<std::string> local_directory(const std::string& url, const std::string& state_directory) {
  if (scheme_of(url) != kLocal) return std::nullopt;
  if (url == kLocal) return state_directory + "/store";
  const std::string directory = rest_of(url);
  if (directory.empty() || directory.front() != '/') {
    throw util::UsageError("the backend \"" + util::visible(url) + "\" names no absolute directory",
                           "write local:/DIRECTORY, or just local for your own store");
  }
  return directory;
}

std::unique_ptr<Backend> open(const Options& options) {
  if (const auto directory = local_directory(options.url, options.state_directory))
    return open_local(*directory, options);
  return open_helper(find_helper(options), options);
}

}  // namespace jit::backend

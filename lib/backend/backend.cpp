#include "backend/backend.hpp"

#include <array>
#include <string_view>

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

std::unique_ptr<Backend> make_local(const Options& options) {
  return open_local(*local_directory(options.url, options.state_directory), options);
}

/// A scheme, and what opens its backends: a new backend is one line here.
struct Scheme {
  std::string_view name;
  std::unique_ptr<Backend> (*open)(const Options& options);
};
constexpr std::array kSchemes{Scheme{kLocal, &make_local}};

[[noreturn]] void fail_unknown(const std::string& url) {
  std::vector<std::string> known;
  for (const Scheme& scheme : kSchemes) known.emplace_back(scheme.name);
  throw util::UsageError(
      "unknown backend \"" + util::visible(url) + "\"" + util::did_you_mean(scheme_of(url), known),
      "known are: local, local:/DIRECTORY");
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
  for (const Scheme& scheme : kSchemes) {
    if (scheme.name == scheme_of(options.url)) return scheme.open(options);
  }
  fail_unknown(options.url);
}

}  // namespace jit::backend

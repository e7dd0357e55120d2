// What the embedded store knows of the requests around a command, for who asks the policies about it.
#include "service/activity.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "backend/backend.hpp"
#include "cli/common/common.hpp"
#include "cli/policy/options.hpp"
#include "store/place.hpp"
#include "util/error.hpp"

namespace jit::cli::policies {
namespace {

util::Json unknown(const std::string& why) {
  return {{"why", why}};
}

}  // namespace

util::Json activity_of(const config::Settings& settings, const policy::Set& set, context::Source& context) {
  try {
    const std::string url = settings.find("backend").value_or("local");
    const auto directory = backend::local_directory(url, settings.state_directory);
    if (!directory) return unknown("the backend knows it, and decides by it");
    // It only looks: no store is made for that.
    std::error_code ignored;
    if (!std::filesystem::exists(*directory + "/" + store::kDatabaseFile, ignored))
      return service::to_json(store::Activity{});
    const auto store = backend::open({.url = url,
                                      .state_directory = settings.state_directory,
                                      .policies = &set,
                                      .fallback = fallback_of(settings)});
    return *store->activity(context, std::nullopt);
  } catch (const util::Error& error) {
    return unknown(error.what());
  }
}

void warn_of_server(const config::Settings& settings) {
  const std::string url = settings.find("backend").value_or("local");
  const std::string scheme = url.substr(0, url.find(':'));
  if (scheme == "https" || scheme == "http" || scheme == "unix")
    say("jit-policy", url + " judges by policies of its own: these are this machine's");
}

}  // namespace jit::cli::policies

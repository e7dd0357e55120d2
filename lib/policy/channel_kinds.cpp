#include "policy/channel_kinds.hpp"

#include <nlohmann/json.hpp>

namespace jit::policy {

const std::vector<ChannelKind>& channel_kinds() {
  using Form = ChannelForm;
  static const ChannelKey kPrivate{"allow_private", Form::boolean};
  static const ChannelKey kUrl{"url_file", Form::file, true};
  static const std::vector<ChannelKind> kKinds{
      {"slack",
       {{"url_file", Form::file}, {"token_file", Form::file}, {"channel"}, {"api", Form::url}, kPrivate}},
      {"teams", {kUrl, kPrivate}},
      {"discord", {kUrl, kPrivate}},
      {"mattermost", {kUrl, kPrivate}},
      {"google_chat", {kUrl, kPrivate}},
      {"pagerduty", {{"key_file", Form::file, true}, {"api", Form::url}, kPrivate}},
      {"ntfy",
       {{"server", Form::url}, {"topic_file", Form::file, true}, {"token_file", Form::file}, kPrivate}},
      {"email",
       {{"server", Form::mail_url, true},
        {"from", Form::address, true},
        {"to", Form::addresses, true},
        {"user"},
        {"password_file", Form::file},
        {"ca_file", Form::file},
        kPrivate}},
      {"webhook", {kUrl, {"secret_file", Form::file, true}, kPrivate}},
      {"program", {{"argv", Form::texts, true}}},
      {"bell", {}},
  };
  return kKinds;
}

std::map<std::string, std::string> secret_files(const util::Json& settings) {
  constexpr std::string_view kEnding = "_file";
  std::map<std::string, std::string> files;
  for (const auto& [key, value] : settings.items()) {
    // Certificates of authorities are no secret.
    if (!key.ends_with(kEnding) || key == "ca_file" || !value.is_string()) continue;
    files[key.substr(0, key.size() - kEnding.size())] = value.get<std::string>();
  }
  return files;
}

}  // namespace jit::policy

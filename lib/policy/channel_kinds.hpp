#pragma once
#include <map>
#include <string>
#include <vector>

#include "util/json.hpp"

namespace jit::policy {

/// What a key of a channel holds. A `file` names a secret, which never is in a policy itself.
enum class ChannelForm { text, texts, boolean, file, url, mail_url, address, addresses };

struct ChannelKey {
  std::string name;
  ChannelForm form = ChannelForm::text;
  bool required = false;
};

/// One kind of channel as a policy writes it: `ops: {slack: {url_file: …}}`. What it sends is in lib/notify.
struct ChannelKind {
  std::string name;
  std::vector<ChannelKey> keys;
};
const std::vector<ChannelKind>& channel_kinds();

/// The secrets that a channel's settings name with `…_file`: "token" → the path of its file.
std::map<std::string, std::string> secret_files(const util::Json& settings);

}  // namespace jit::policy

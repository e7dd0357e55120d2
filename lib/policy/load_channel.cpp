#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/channel_kinds.hpp"
#include "policy/draft.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

// What goes into headers and addresses: nothing there may end a line.
bool is_plain(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](const auto& start) {
    return text.starts_with(start) && text.size() > start.size();
  });
}

// One mailbox without a name (RFC 5321), as it goes into an envelope.
bool is_address(const std::string& text) {
  const auto at = text.find('@');
  return is_plain(text) && at != std::string::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string::npos &&
         text.find_first_of("<>()[],;:\\\"") == std::string::npos;
}

void check_text(Reader& reader, const Node& node, const ChannelKey& key, const std::string& text) {
  const std::string what = "\"" + key.name + "\" of a channel";
  if (key.form == ChannelForm::file && !text.starts_with('/'))
    reader.problem(node,
                   what + " must be the absolute path of a file: the secret itself is never in a policy");
  if (key.form == ChannelForm::url && (!is_plain(text) || !starts_with_any(text, {"https://", "http://"})))
    reader.problem(node, what + " must be an https:// URL");
  if (key.form == ChannelForm::mail_url &&
      (!is_plain(text) || !starts_with_any(text, {"smtps://", "smtp://"})))
    reader.problem(node, what + " must be smtps://HOST:465, or smtp://HOST:587 for STARTTLS");
}

util::Json read_value(Reader& reader, const Node& node, const ChannelKey& key) {
  const std::string what = "\"" + key.name + "\" of a channel";
  switch (key.form) {
    case ChannelForm::boolean:
      return reader.boolean(node, what).value_or(false);
    case ChannelForm::texts:
    case ChannelForm::addresses: {
      auto texts = reader.texts(node, what);
      if (texts.empty() && node.kind == Node::Kind::list) reader.problem(node, what + " is an empty list");
      for (const auto& text : texts) {
        if (key.form == ChannelForm::addresses && !is_address(text))
          reader.problem(node, "\"" + text + "\" is no mail address: ops@example.com");
      }
      return texts;
    }
    case ChannelForm::text:
    case ChannelForm::file:
    case ChannelForm::url:
    case ChannelForm::mail_url:
    case ChannelForm::address:
      break;
  }
  const auto text = reader.text(node, what);
  if (!text) return nullptr;
  if (text->empty()) reader.problem(node, what + " is empty");
  if (key.form == ChannelForm::address && !is_address(*text))
    reader.problem(node, "\"" + *text + "\" is no mail address: ops@example.com");
  check_text(reader, node, key, *text);
  return *text;
}

// What no table says.
void check_kind(Reader& reader, const Node& node, const std::string& kind, const util::Json& settings) {
  const auto has = [&](const char* key) { return settings.contains(key); };
  if (kind == "slack" && has("url_file") == has("token_file"))
    reader.problem(
        node, "slack needs \"url_file\" (an incoming webhook), or \"token_file\" and \"channel\" (a bot)");
  if (kind == "slack" && has("token_file") != has("channel"))
    reader.problem(node, "slack: \"token_file\" and \"channel\" go together");
  if (kind == "email" && has("user") != has("password_file"))
    reader.problem(node, "email: \"user\" and \"password_file\" go together");
  if (kind != "program" || !has("argv") || settings["argv"].empty()) return;
  if (!settings["argv"].front().get<std::string>().starts_with('/'))
    reader.problem(node, "program: \"argv\" must begin with the absolute path of the program");
}

util::Json read_settings(Reader& reader, const Node& node, const ChannelKind& kind) {
  util::Json settings = util::Json::object();
  std::vector<std::string> names;
  for (const auto& key : kind.keys) names.push_back(key.name);
  if (!reader.map_of(node, "the channel's " + kind.name, names)) return settings;
  for (const auto& key : kind.keys) {
    const Node* value =
        key.required ? reader.required(node, key.name.c_str(), kind.name) : node.find(key.name);
    if (value != nullptr) settings[key.name] = read_value(reader, *value, key);
  }
  check_kind(reader, node, kind.name, settings);
  return settings;
}

}  // namespace

void read_channel(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft) {
  const auto name = reader.name(key, "the name of a channel");
  const std::string what = "the channel \"" + key.scalar + "\"";
  if (!reader.map(node, what)) return;
  std::vector<std::string> kinds;
  for (const auto& kind : channel_kinds()) kinds.push_back(kind.name);
  if (node.entries.size() != 1) {
    reader.problem(node, what + " must have exactly one kind: " + util::join(kinds, ", "));
    return;
  }
  const auto& [kind_node, value] = node.entries.front();
  const auto kind = std::find(kinds.begin(), kinds.end(), kind_node.scalar);
  if (kind == kinds.end()) {
    reader.problem(kind_node, "unknown kind of channel \"" + kind_node.scalar + "\"" +
                                  util::did_you_mean(kind_node.scalar, kinds) + ": " +
                                  util::join(kinds, ", "));
    return;
  }
  auto channel = std::make_unique<compiled::ChannelT>();
  channel->kind = *kind;
  channel->settings = util::compact_json(
      read_settings(reader, value, channel_kinds()[static_cast<std::size_t>(kind - kinds.begin())]));
  if (!name) return;
  channel->name = *name;
  const auto [first, is_new] = draft.channels.try_emplace(*name, place_of(reader, key));
  if (is_new) {
    draft.set.channels.push_back(std::move(channel));
    return;
  }
  for (const auto& known : draft.set.channels) {
    if (known->name == *name && (known->kind != channel->kind || known->settings != channel->settings))
      note_conflict(reader, key, what, first->second);
  }
}

void read_link(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft) {
  const auto link = reader.text(node, "\"link\"");
  if (!link) return;
  if (!is_plain(*link) || !starts_with_any(*link, {"https://", "http://"}) ||
      link->find("{id}") == std::string::npos) {
    reader.problem(node, "\"link\" must be a URL that has {id} where the request's id goes");
    return;
  }
  if (draft.link && draft.set.link != *link) note_conflict(reader, key, "\"link\"", *draft.link);
  if (!draft.link) draft.link = place_of(reader, key);
  draft.set.link = *link;
}

std::vector<std::string> read_channel_names(Reader& reader, const yaml::Node& node, const std::string& what,
                                            Draft& draft) {
  auto names = reader.texts(node, what);
  if (node.kind == Node::Kind::list && node.items.empty())
    reader.problem(node, what + " is an empty list: nobody would be told");
  if (node.kind != Node::Kind::list) return names;
  for (const auto& item : node.items) draft.told.emplace_back(place_of(reader, item), item.scalar);
  return names;
}

void read_escalate(Reader& reader, const yaml::Node& node, Draft& draft,
                   compiled::RequirementT& requirement) {
  static const std::vector<std::string> kKeys{"after", "to"};
  if (!reader.map_of(node, "\"escalate\"", kKeys)) return;
  if (const Node* after = reader.required(node, "after", "\"escalate\"")) {
    if (const auto value = reader.duration(*after, "\"after\" of \"escalate\""))
      requirement.escalate_after = value->count();
  }
  if (const Node* to = reader.required(node, "to", "\"escalate\""))
    requirement.escalate_to = read_channel_names(reader, *to, "\"to\" of \"escalate\"", draft);
}

}  // namespace jit::policy

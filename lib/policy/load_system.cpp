#include <algorithm>
#include <string_view>

#include "policy/draft.hpp"
#include "policy/groups.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

const std::vector<std::string> kSystemKeys{"match", "environment", "owners", "link", "description"};

// What is derived from the systems themselves, or can change by itself while a request waits.
bool is_no_ground(const compiled::SetT& set, const compiled::MatchT& match, std::string& path) {
  if (match.join != compiled::Join::path) {
    return std::any_of(match.parts.begin(), match.parts.end(),
                       [&](const auto& part) { return is_no_ground(set, *part, path); });
  }
  path = set.paths[match.path]->text;
  return set.paths[match.path]->place == compiled::Place::system || path.starts_with("activity.") ||
         path.starts_with("warnings.");
}

void read_system_match(Reader& reader, const Node& node, Draft& draft, compiled::SystemT& system) {
  system.match = read_match(reader, node, draft);
  system.reads_words = reads_words(draft.set, *system.match);
  std::string path;
  if (is_no_ground(draft.set, *system.match, path))
    reader.problem(node, "the match of a system cannot read \"" + path +
                             "\": that is known only when it is known which systems a command is about");
}

// One line that a terminal shows as it is; it becomes a label.
bool is_line(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

void read_environment_name(Reader& reader, const Node& node, compiled::SystemT& system) {
  const auto text = reader.text(node, "\"environment\"");
  if (text && !is_line(*text)) reader.problem(node, "\"environment\" must be one line of text");
  system.environment = text.value_or("");
}

void read_owners(Reader& reader, const Node& node, compiled::SystemT& system) {
  system.owners = reader.texts(node, "\"owners\"");
  if (node.kind == Node::Kind::list && node.items.empty())
    reader.problem(node, "\"owners\" is an empty list: leave it out where nobody owns it");
  for (const auto& owner : system.owners) {
    const bool is_unix = owner.starts_with(kUnixPrefix) && owner.size() > kUnixPrefix.size();
    if (!is_line(owner) || owner == kAnyone || owner == kOwners ||
        (owner.find(':') != std::string::npos && !is_unix))
      reader.problem(
          node, "\"" + owner + "\" cannot be an owner: a group of the policies, a person, or \"unix:GROUP\"");
  }
}

void read_system_link(Reader& reader, const Node& node, compiled::SystemT& system) {
  constexpr std::string_view kStart = "https://";
  const auto text = reader.text(node, "\"link\" of a system");
  if (!text) return;
  const bool is_plain = std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!is_plain || !text->starts_with(kStart) || text->size() == kStart.size())
    reader.problem(node, "\"link\" of a system must be an https:// URL");
  system.link = *text;
}

std::string packed(const compiled::SystemT& system) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(compiled::System::Pack(builder, &system));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace

void read_system(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft) {
  const auto name = reader.name(key, "the name of a system");
  const std::string what = "the system \"" + key.scalar + "\"";
  if (!reader.map_of(node, what, kSystemKeys)) return;
  auto system = std::make_unique<compiled::SystemT>();
  system->match = std::make_unique<compiled::MatchT>();
  if (const Node* match = reader.required(node, "match", what))
    read_system_match(reader, *match, draft, *system);
  if (const Node* text = node.find("environment")) read_environment_name(reader, *text, *system);
  if (const Node* owners = node.find("owners")) read_owners(reader, *owners, *system);
  if (const Node* link = node.find("link")) read_system_link(reader, *link, *system);
  if (const Node* text = node.find("description")) (void)reader.text(*text, "\"description\"");
  if (!name) return;
  system->name = *name;
  const auto [first, is_new] = draft.systems.try_emplace(*name, place_of(reader, key));
  if (is_new) {
    draft.set.systems.push_back(std::move(system));
    return;
  }
  for (const auto& known : draft.set.systems) {
    if (known->name == *name && packed(*known) != packed(*system))
      note_conflict(reader, key, what, first->second);
  }
}

}  // namespace jit::policy

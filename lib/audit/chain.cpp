#include "audit/chain.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::audit {
namespace {

using util::Json;

constexpr std::size_t kLongestLine = 64U << 20U;
constexpr std::array kTexts{"actor", "at", "prev", "request", "type"};

bool is_hash(const std::string& text) {
  return text.size() == 64 && util::unhex(text).has_value();
}

// What is wrong with the form of an entry; empty when nothing is.
std::string problem_of_form(const Json& entry) {
  if (!entry.is_object()) return "it is not a JSON object";
  for (const char* key : kTexts) {
    const auto found = entry.find(key);
    if (found == entry.end() || !found->is_string()) return std::string("it has no text \"") + key + "\"";
  }
  if (!entry.contains("seq") || !entry["seq"].is_number_integer()) return "it has no number \"seq\"";
  if (!entry.contains("data") || !entry["data"].is_object()) return "it has no \"data\"";
  return entry.size() == kTexts.size() + 2 ? "" : "it has more fields than an entry has";
}

std::string hash_of(const Json& entry) {
  return util::sha256(util::canonical_json(entry));
}

}  // namespace

Entry make_entry(const Draft& draft, std::int64_t seq, const std::string& previous_hash) {
  auto entry = std::make_shared<const Json>(Json{{"at", util::to_rfc3339(draft.at)},
                                                 {"actor", draft.actor},
                                                 {"data", draft.data ? *draft.data : Json::object()},
                                                 {"prev", previous_hash},
                                                 {"request", draft.request},
                                                 {"seq", seq},
                                                 {"type", draft.type}});
  std::string hash = hash_of(*entry);
  return {std::move(entry), std::move(hash)};
}

std::string to_export_line(const Entry& entry) {
  // ASCII: what somebody wrote into a reason must not steer the terminal that an export is shown on.
  return Json{{"entry", *entry.entry}, {"hash", entry.hash}}.dump(-1, ' ', true,
                                                                  Json::error_handler_t::replace);
}

Entry from_export_line(const std::string& line) {
  Json json = util::parse_json(line, "export", kLongestLine);
  if (!json.is_object() || json.size() != 2 || !json.contains("entry") || !json.contains("hash") ||
      !json["hash"].is_string()) {
    throw util::Error("export: not of the form {\"entry\": {...}, \"hash\": \"...\"}");
  }
  return {std::make_shared<const Json>(std::move(json["entry"])), json["hash"].get<std::string>()};
}

std::optional<std::string> Verifier::check(const Entry& entry) {
  const std::int64_t seq = m_count + 1;
  const auto wrong = [&](const std::string& why) { return "entry " + std::to_string(seq) + ": " + why; };
  const Json& json = *entry.entry;
  if (const std::string problem = problem_of_form(json); !problem.empty()) return wrong(problem);
  if (json["seq"] != seq) {
    return wrong("its number is " + json["seq"].dump() + ": an entry is missing, or they are out of order");
  }
  if (json["prev"] != m_head) return wrong("it does not continue the entry before it");
  if (!is_hash(entry.hash)) return wrong("its hash is not one");
  try {
    if (hash_of(json) != entry.hash) return wrong("its content does not have its hash: it was changed");
  } catch (const util::Error& error) {
    return wrong(error.what());
  }
  ++m_count;
  m_head = entry.hash;
  m_found_sought = m_found_sought || m_head == m_sought;
  return std::nullopt;
}

}  // namespace jit::audit

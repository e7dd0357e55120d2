#include "service/trail_signatures.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "approval/fields.hpp"
#include "approval/quorum.hpp"
#include "signature/statement.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::service {
namespace {

using approval::Fields;
using util::Json;

constexpr std::int64_t kMostSeats = 1'000'000;

bool wants_signatures(const Json& asked) {
  const Json& requirement = asked.contains("requirement") ? asked["requirement"] : asked;
  return requirement.is_object() && requirement.value("signed", Json()) == Json(true);
}

// What an approval was to cover besides its own action.
std::vector<std::string> covered_rules(const Json& asked) {
  const Json requirement = asked.value("requirement", Json());
  const Json rules = asked.value("rules", Json());
  std::vector<std::string> names;
  if (!requirement.is_object() || requirement.value("scope", Json()) != "rule" || !rules.is_array())
    return names;
  for (const Json& rule : rules) {
    if (rule.is_string()) names.push_back(rule.get<std::string>());
  }
  return names;
}

// Whose groups the reviewers were of is in no trail, so only their number can be held against the seats: the
// fewest that any alternative has. An alternative that nobody can fill is none (approval::is_met).
std::optional<std::int64_t> fewest_seats(const Json& asked) {
  const Json requirement = asked.value("requirement", Json());
  const Json from = requirement.is_object() ? requirement.value("from", Json()) : Json();
  if (!from.is_array()) return std::nullopt;
  if (from.empty()) return 1;  // anyone
  std::optional<std::int64_t> fewest;
  for (const Json& seats : from) {
    std::int64_t sum = 0;
    const bool can_be_filled = seats.is_object() && !seats.empty() &&
                               std::all_of(seats.begin(), seats.end(), [&](const Json& count) {
                                 if (!count.is_number_integer() || count < 1 || count > kMostSeats)
                                   return false;
                                 sum += count.get<std::int64_t>();
                                 return true;
                               });
    if (can_be_filled && (!fewest || sum < *fewest)) fewest = sum;
  }
  return fewest;
}

// One person may be written in several ways, but is one signer.
void take_back(std::vector<std::string>& signers, const std::string& person) {
  std::erase_if(signers,
                [&](const std::string& signer) { return approval::same_person(signer, "", person, ""); });
}

}  // namespace

std::optional<std::string> TrailSignatures::follow(const Json& entry) {
  const Fields fields(entry, "entry");
  const std::string id = fields.text("request");
  if (id.empty()) return std::nullopt;
  if (fields.text("type") == "ask") {
    const Json& data = fields.at("data");
    m_asked[id] = {Fields(data, "data").text("digest"), wants_signatures(data), covered_rules(data),
                   fewest_seats(data)};
    return std::nullopt;
  }
  const auto why = follow(entry, m_asked[id]);
  if (!why) return std::nullopt;
  return "entry " + entry["seq"].dump() + ": " + *why + " (request " + util::visible(id) + ")";
}

std::optional<std::string> TrailSignatures::follow(const Json& entry, Asked& asked) {
  const Fields fields(entry, "entry");
  const std::string type = fields.text("type");
  const std::string actor = fields.text("actor");
  if (type == "approve") {
    if (const std::string why = why_not(entry, asked); !why.empty())
      return "the approval by " + util::visible(actor) + " " + why;
    take_back(asked.signers, actor);
    asked.signers.push_back(actor);
  }
  if (type == "deny" || type == "revoke") {
    take_back(asked.signers, actor);
    const Json replaced = fields.at("data").value("replaces", Json());
    if (replaced.is_string()) take_back(asked.signers, replaced.get<std::string>());
  }
  // Break-glass is another event, and needs none.
  if (type != "claim" || !asked.only_signed) return std::nullopt;
  const auto signers = static_cast<std::int64_t>(asked.signers.size());
  if (asked.seats && signers >= *asked.seats) return std::nullopt;
  return "it was started with " + util::counted(asked.signers.size(), "signed approval") +
         (asked.seats ? ", and its rules want at least " + std::to_string(*asked.seats)
                      : ", and its rules name nobody who could approve it");
}

std::string TrailSignatures::why_not(const Json& entry, const Asked& asked) {
  const Fields fields(entry, "entry");
  const Json& data = fields.at("data");
  const auto signature = approval::signature_from_json(data.value("signature", Json()));
  if (!signature) return asked.only_signed ? "is not signed, and only signed ones count" : "";
  const signature::Statement statement{
      fields.text("request"), asked.digest,  "approve",
      fields.text("actor"),   signature->at, Fields(data, "data").text_or_null("message"),
      signature->server,      asked.rules};
  const std::string why = signature::why_invalid(signature::to_text(statement), signature->text,
                                                 statement.reviewer, m_authority, fields.time("at"));
  if (!why.empty()) return "has a signature that does not count: " + why;
  ++m_valid;
  return "";
}

}  // namespace jit::service

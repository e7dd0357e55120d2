#include "service/trail_signatures.hpp"

#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "approval/fields.hpp"
#include "signature/statement.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::service {
namespace {

using approval::Fields;
using util::Json;

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

}  // namespace

std::optional<std::string> TrailSignatures::follow(const Json& entry) {
  const Fields fields(entry, "entry");
  const std::string type = fields.text("type");
  if (type != "ask" && type != "approve") return std::nullopt;
  const std::string id = fields.text("request");
  if (type == "ask") {
    const Json& data = fields.at("data");
    m_asked[id] = {Fields(data, "data").text("digest"), wants_signatures(data), covered_rules(data)};
    return std::nullopt;
  }
  const std::string why = why_not(entry, m_asked[id]);
  if (why.empty()) return std::nullopt;
  return "entry " + entry["seq"].dump() + ": the approval by " + util::visible(fields.text("actor")) + " " +
         why + " (request " + util::visible(id) + ")";
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

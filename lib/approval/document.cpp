#include "approval/document.hpp"

#include <nlohmann/json.hpp>

#include "approval/fields.hpp"
#include "util/error.hpp"

namespace jit::approval {
namespace {

using util::Json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json time_or_null(const std::optional<util::Time>& time) {
  return time ? Json(util::to_rfc3339(*time)) : Json();
}

Json earlier_json(const std::optional<Earlier>& earlier) {
  if (!earlier) return nullptr;
  return {{"request", earlier->id.text()}, {"differences", earlier->differences}};
}

std::optional<Earlier> earlier_from(const Fields& fields) {
  const Json& earlier = fields.at("earlier");
  if (earlier.is_null()) return std::nullopt;
  const Fields parts(earlier, "earlier");
  const auto id = RequestId::parse(parts.text("request"));
  if (!id) parts.fail("request", "a request's id");
  return Earlier{*id, parts.texts("differences")};
}

Json review_json(const Review& review) {
  return {{"reviewer", review.reviewer},
          {"verdict", to_text(review.verdict)},
          {"message", review.message},
          {"at", util::to_rfc3339(review.at)},
          {"signature", to_json(review.signature)}};
}

// What the request document and the stored form have in common.
Json common_json(const Request& request) {
  return {{"id", request.id.text()},
          {"state", to_text(request.state)},
          {"digest", request.digest.text()},
          {"rules", request.rules},
          {"message", text_or_null(request.message)},
          {"requester", request.requester},
          {"reason", text_or_null(request.reason)},
          {"ticket", text_or_null(request.ticket)},
          {"earlier", earlier_json(request.earlier)},
          {"created_at", util::to_rfc3339(request.created_at)},
          {"expires_at", util::to_rfc3339(request.expires_at)},
          {"valid_until", time_or_null(request.valid_until)},
          {"review_by", time_or_null(request.review_by)},
          {"uses_left", request.uses_left},
          {"outcome", request.outcome ? *request.outcome : Json()}};
}

Review review_from(const Json& json) {
  const Fields fields(json, "review");
  Review review;
  review.reviewer = fields.text("reviewer");
  const auto verdict = parse_review_verdict(fields.text("verdict"));
  if (!verdict) fields.fail("verdict", "approve, deny, acknowledge or dispute");
  review.verdict = *verdict;
  review.message = fields.text_or_null("message");
  review.at = fields.time("at");
  review.signature = signature_from_json(fields.at("signature"));
  if (json.contains("login")) review.login = fields.text("login");
  return review;
}

Request common_from(const Json& document, const Fields& fields) {
  const auto id = RequestId::parse(fields.text("id"));
  if (!id) fields.fail("id", "a request's id");
  Request request(*id);
  const auto state = parse_state(fields.text("state"));
  if (!state) fields.fail("state", "a state that is known here");
  request.state = *state;
  request.digest = util::Digest(fields.text("digest"));
  request.rules = fields.texts("rules");
  request.requester = fields.text("requester");
  request.reason = fields.text_or_null("reason");
  request.ticket = fields.text_or_null("ticket");
  // Helpers, and stores of earlier versions, know of none.
  if (document.contains("earlier")) request.earlier = earlier_from(fields);
  request.created_at = fields.time("created_at");
  request.expires_at = fields.time("expires_at");
  request.valid_until = fields.optional_time("valid_until");
  if (document.contains("review_by")) request.review_by = fields.optional_time("review_by");
  request.uses_left = fields.count("uses_left");
  const Json& reviews = fields.at("reviews");
  if (!reviews.is_array()) fields.fail("reviews", "a list");
  for (const auto& review : reviews) request.reviews.push_back(review_from(review));
  if (const Json& outcome = fields.at("outcome"); !outcome.is_null()) {
    request.outcome = std::make_shared<const Json>(outcome);
  }
  return request;
}

std::vector<policy::Requirement::Seats> seats_from(const Fields& fields, const char* key) {
  const Json& list = fields.at(key);
  if (!list.is_array()) fields.fail(key, "a list");
  std::vector<policy::Requirement::Seats> alternatives;
  for (const auto& seats : list) {
    if (!seats.is_object()) fields.fail(key, "a list of groups with their counts");
    auto& alternative = alternatives.emplace_back();
    const Fields counts(seats, key);
    for (const auto& [group, count] : seats.items()) alternative[group] = counts.count(group.c_str());
  }
  return alternatives;
}

}  // namespace

Json to_json(const std::optional<Signature>& signature) {
  if (!signature) return nullptr;
  return {{"text", signature->text}, {"at", util::to_rfc3339(signature->at)}, {"server", signature->server}};
}

std::optional<Signature> signature_from_json(const Json& json) {
  if (json.is_null()) return std::nullopt;
  const Fields fields(json, "signature");
  return Signature{fields.text("text"), fields.time("at"), fields.text("server")};
}

Json to_json(const View& view) {
  Json document = common_json(view.request);
  Json requirement = policy::to_json(view.request.requirement);
  requirement["from"] = view.request.requirement.alternatives();
  requirement["missing"] = view.missing;
  requirement["eligible"] = view.eligible;
  document["requirement"] = std::move(requirement);
  document["reviews"] = Json::array();
  for (const Review& review : view.request.reviews) document["reviews"].push_back(review_json(review));
  document["context"] = view.request.context ? *view.request.context : Json::object();
  return document;
}

View view_from_json(const Json& document) {
  const Fields fields(document, "request document");
  View view{common_from(document, fields), {}, {}};
  if (document.contains("message")) view.request.message = fields.text_or_null("message");

  const Json& requirement = fields.at("requirement");
  const Fields required(requirement, "requirement");
  view.missing = seats_from(required, "missing");
  view.eligible = required.texts("eligible");
  // A backend may leave out what does not concern the people who wait and judge, but not who they are.
  (void)required.at("from");
  (void)required.at("self");
  Json known = policy::to_json(policy::Requirement{});
  known.update(requirement);
  view.request.requirement = policy::requirement_from_json(known);

  const Json& context = fields.at("context");
  if (!context.is_object()) fields.fail("context", "an object");
  view.request.context = std::make_shared<const Json>(context);
  return view;
}

Json to_stored_json(const Request& request) {
  Json document = common_json(request);
  document["requester_login"] = request.requester_login;
  if (!request.reported.empty()) document["reported"] = request.reported;
  document["requirement"] = policy::to_json(request.requirement);
  document["reviews"] = Json::array();
  for (const Review& review : request.reviews) {
    Json& stored = document["reviews"].emplace_back(review_json(review));
    stored["login"] = review.login;
  }
  return document;
}

Request request_from_stored_json(const Json& document, std::shared_ptr<const Json> context) {
  const Fields fields(document, "stored request");
  Request request = common_from(document, fields);
  request.message = fields.text_or_null("message");
  request.requester_login = fields.text("requester_login");
  if (document.contains("reported")) request.reported = fields.at("reported").get<std::vector<int>>();
  request.requirement = policy::requirement_from_json(fields.at("requirement"));
  request.context = std::move(context);
  return request;
}

}  // namespace jit::approval

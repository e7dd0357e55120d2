#include "service/messages.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "approval/document.hpp"
#include "approval/fields.hpp"

namespace jit::service {
namespace {

using approval::Fields;
using util::Json;

struct KindName {
  Refusal::Kind kind;
  std::string_view name;
};
constexpr std::array kKinds{KindName{Refusal::Kind::not_eligible, "not_eligible"},
                            KindName{Refusal::Kind::own_request, "own_request"},
                            KindName{Refusal::Kind::already_reviewed, "already_reviewed"},
                            KindName{Refusal::Kind::already_decided, "already_decided"},
                            KindName{Refusal::Kind::expired, "expired"},
                            KindName{Refusal::Kind::not_requester, "not_requester"},
                            KindName{Refusal::Kind::not_approved, "not_approved"},
                            KindName{Refusal::Kind::not_signed, "not_signed"},
                            KindName{Refusal::Kind::bad_signature, "bad_signature"}};

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json to_json(const NewRequest& request) {
  return {{"context", *request.context},
          {"reason", text_or_null(request.reason)},
          {"ticket", text_or_null(request.ticket)},
          {"wait", request.wait ? Json(util::to_text(*request.wait)) : Json()},
          {"earlier", request.earlier ? Json(request.earlier->text()) : Json()},
          {"break_glass", request.break_glass}};
}

NewRequest new_request_from_json(const Json& json) {
  const Fields fields(json, "request");
  const Json& context = fields.at("context");
  if (!context.is_object()) fields.fail("context", "an object");
  NewRequest request{std::make_shared<const Json>(context), {}, {}, {}};
  // What is not said is as good as null: a client need not know every condition that a rule may have.
  if (json.contains("reason")) request.reason = fields.text_or_null("reason");
  if (json.contains("ticket")) request.ticket = fields.text_or_null("ticket");
  const auto wait = json.contains("wait") ? fields.optional_text("wait") : std::nullopt;
  if (wait) {
    request.wait = util::parse_duration(*wait);
    if (!request.wait) fields.fail("wait", "a duration such as \"15m\"");
  }
  const auto earlier = json.contains("earlier") ? fields.optional_text("earlier") : std::nullopt;
  if (earlier) {
    request.earlier = approval::RequestId::parse(*earlier);
    if (!request.earlier) fields.fail("earlier", "a request's id");
  }
  if (json.contains("break_glass")) request.break_glass = fields.flag("break_glass");
  return request;
}

Json to_json(const NotAsked& not_asked) {
  Json json = {{"effect", policy::to_text(not_asked.verdict.effect)},
               {"rules", not_asked.verdict.rules},
               {"message", text_or_null(not_asked.verdict.message)},
               {"problem", text_or_null(not_asked.problem)}};
  if (!not_asked.because.empty()) json["because"] = not_asked.because;
  return json;
}

NotAsked not_asked_from_json(const Json& json) {
  const Fields fields(json, "verdict");
  NotAsked not_asked;
  const std::string effect = fields.text("effect");
  if (effect == "allow") {
    not_asked.verdict.effect = policy::Effect::allow;
  } else if (effect == "ask") {
    not_asked.verdict.effect = policy::Effect::ask;
  } else if (effect != "deny") {
    fields.fail("effect", "allow, ask or deny");
  }
  not_asked.verdict.rules = fields.texts("rules");
  not_asked.verdict.message = fields.text_or_null("message");
  not_asked.problem = fields.text_or_null("problem");
  if (json.contains("because")) not_asked.because = fields.texts("because");
  return not_asked;
}

Json to_json(const Claimed& claimed) {
  return {{"granted", claimed.permit.has_value()},
          {"differences", claimed.differences},
          {"request", approval::to_json(claimed.view)}};
}

ClaimReply claim_reply_from_json(const Json& json) {
  const Fields fields(json, "reply to a claim");
  const Json& granted = fields.at("granted");
  if (!granted.is_boolean()) fields.fail("granted", "true or false");
  return {granted.get<bool>(), fields.texts("differences"), approval::view_from_json(fields.at("request"))};
}

std::string to_text(Refusal::Kind kind) {
  for (const KindName& known : kKinds) {
    if (known.kind == kind) return std::string(known.name);
  }
  return "not_eligible";
}

Refusal::Kind refusal_kind(const std::string& name) {
  for (const KindName& known : kKinds) {
    if (known.name == name) return known.kind;
  }
  return Refusal::Kind::not_eligible;
}

}  // namespace jit::service

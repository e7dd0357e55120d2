#include "server/api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "approval/fields.hpp"
#include "approval/life_cycle.hpp"
#include "server/input.hpp"
#include "server/trail.hpp"
#include "server/warnings.hpp"
#include "service/messages.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/user.hpp"

namespace jit::server {
namespace {

using approval::Fields;
using approval::RequestId;
using approval::View;
using service::NoSuchRequest;
using service::Refusal;
using util::Json;

constexpr std::size_t kLongestBody = 4U << 20U;
constexpr std::size_t kMostValues = 100'000;  // in a body: to make millions of them takes seconds
constexpr std::size_t kLongestKey = 255;
constexpr int kLargestPage = 1000;

Reply no_such_path() {
  return problem(404, "no-such-path", "there is nothing here", "the paths are in /openapi.json");
}

std::vector<approval::State> states_of(std::string_view text) {
  std::vector<approval::State> states;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto state = approval::parse_state(text.substr(0, comma));
    if (!state) bad("state: \"" + util::visible(std::string(text.substr(0, comma))) + "\" is none");
    states.push_back(*state);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return states;
}

// What the kernel says of who sent it, the context cannot say otherwise. A uid is part of what is approved,
// so that it cannot be mended here without the sender noticing.
void use_kernels_word(Json& user, const Caller& caller) {
  if (!caller.uid) return;
  Json& uid = user["uid"];
  if (uid.is_null()) uid = *caller.uid;
  if (uid != Json(*caller.uid)) {
    throw util::UsageError("the context says that user.uid is " + util::visible(util::compact_json(uid)) +
                               ", and the kernel that it is " + std::to_string(*caller.uid),
                           "ask from outside of your user namespace, or over https with a token");
  }
  user["login"] = caller.actor.login.empty() ? Json() : Json(caller.actor.login);
}

// A context as it is judged here. In which groups somebody is, this machine knows, or nobody.
std::shared_ptr<Json> judged_here(const Json& given, const Caller& caller) {
  (void)util::canonical_json(given);
  auto context = std::make_shared<Json>(given);
  if (!context->is_object()) return context;
  // Who leaves out who they are must not be without groups by it.
  Json& user = (*context)["user"];
  if (user.is_null()) user = Json::object();
  if (!user.is_object()) throw util::UsageError("the context's \"user\" is not an object");
  use_kernels_word(user, caller);
  const auto groups = util::groups_of(caller.actor.name);
  user["groups"] = groups ? Json(*groups) : Json();
  return context;
}

// What a reply is made from again: a request is shown as it is then, and not kept twice.
std::string kept(int status, Json body) {
  return util::compact_json({{"status", status}, {"body", std::move(body)}});
}

Json id_only(const View& view) {
  return {{"id", view.request.id.text()}};
}

}  // namespace

Reply no_such_request() {
  return problem(404, "no-such-request", "there is no such request");
}

Reply refused(const Refusal& refusal) {
  return problem_with(409, "refused", refusal.text, Json{{"kind", service::to_text(refusal.kind)}});
}

Reply forbidden(Scope scope) {
  return problem(403, "forbidden", "this token is not for that: it has no scope \"" + to_text(scope) + "\"",
                 "ask an operator for one: jit-server token create --scope " + to_text(scope));
}

Api::Api(store::Store& store, std::shared_ptr<const policy::Set> policies, policy::Effect fallback,
         const Limits& limits, const SlackSettings& slack, Metrics& metrics)
    : m_store(store),
      m_policies(std::move(policies)),
      m_fallback(fallback),
      m_limits(limits),
      m_slack(slack),
      m_metrics(metrics),
      m_asked(static_cast<double>(limits.asked_per_hour) / 3600, static_cast<double>(limits.asked_per_hour)) {
}

void Api::use(std::shared_ptr<const policy::Set> policies) {
  m_policies = std::move(policies);
}

Answer Api::document_answer(int status, const View& view) {
  return {m_documents.reply(status, view), kept(status, id_only(view))};
}

Answer Api::claim_answer(const service::Claimed& claimed) {
  Reply reply = json_reply(200, service::to_json(claimed));
  reply.request = claimed.view.request.id.text();
  reply.state = approval::to_text(claimed.view.request.state);
  return {std::move(reply), kept(200, {{"granted", claimed.permit.has_value()},
                                       {"differences", claimed.differences},
                                       {"request", id_only(claimed.view)}})};
}

void Api::settle() {
  service().settle_due();
}

Reply Api::handle(const Caller& caller, const Message& message) {
  const auto target = parse_target(message.target);
  if (!target) return problem(400, "bad-request", "the request's target is malformed");
  try {
    return route(caller, message, *target);
  } catch (const Bad& wrong) {
    return wrong.reply;
  } catch (const util::UsageError& error) {
    return problem(400, "bad-request", error.what(), error.hint());
  }
}

Reply Api::route(const Caller& caller, const Message& message, const Target& target) {
  const auto& parts = target.segments;
  if (parts.size() < 2 || parts[0] != "v1") return no_such_path();
  const bool is_get = message.method == "GET";
  if (parts.size() == 2 && parts[1] == "whoami") return is_get ? whoami(caller) : method_not_allowed("GET");
  if (parts.size() == 2 && parts[1] == "audit") {
    if (!caller.may(Scope::audit)) return forbidden(Scope::audit);
    return is_get ? audit_page(m_store, target) : method_not_allowed("GET");
  }
  if (parts.size() == 2 && parts[1] == "events") {
    if (!caller.sees_all()) return forbidden(Scope::review);
    return is_get ? events(message.header("last-event-id")) : method_not_allowed("GET");
  }
  if (is_get && parts.size() == 4 && parts[1] == "requests" && parts[3] == "recording")
    return recording(caller, parts[2], target);
  if (parts.size() == 3 && parts[1] == "requests")
    return is_get ? get(caller, parts[2], message.header("if-none-match")) : method_not_allowed("GET");
  const bool is_requests = parts[1] == "requests" && (parts.size() == 2 || parts.size() == 4);
  if (is_get && is_requests && parts.size() == 2) return list(caller, target);
  if (!is_requests && !(parts.size() == 2 && parts[1] == "allowed")) return no_such_path();
  if (message.method != "POST")
    return method_not_allowed(is_requests && (parts.size() == 2 || parts[3] == "recording") ? "GET, POST"
                                                                                            : "POST");
  return once(caller, message, [&](const Json& body) -> Answer {
    const Context context = [&](const Json& given) {
      return with_warnings(judged_here(given, caller), caller.actor.name, *m_policies, message.warnings);
    };
    if (parts.size() == 4) return change(caller, parts[2], parts[3], body, context);
    return is_requests ? ask(caller, body, context) : allowed(caller, body, context);
  });
}

Reply Api::once(const Caller& caller, const Message& message,
                const std::function<Answer(const Json&)>& work) {
  const std::string key = message.header("idempotency-key");
  if (key.empty() || key.size() > kLongestKey)
    bad("the header Idempotency-Key is missing or too long", "send a new random text with each new request");
  const Json body =
      read([&] { return util::parse_json(message.body, "the body", kLongestBody, kMostValues); });
  if (!body.is_object()) bad("the body is not a JSON object");
  const std::string asked = util::sha256(message.method + "\n" + message.target + "\n" + message.body);
  Reply reply;
  m_store.write([&](store::Transaction& transaction) {
    if (const auto before = transaction.find_reply(caller.actor.name, key)) {
      reply = again(caller, *before, asked);
      return;
    }
    Answer answer = work(body);
    reply = std::move(answer.reply);
    if (!answer.kept.empty()) transaction.keep({caller.actor.name, key, asked, std::move(answer.kept)});
  });
  return reply;
}

Reply Api::again(const Caller& caller, const store::Reply& before, const std::string& asked) {
  if (before.asked != asked)
    return problem(422, "key-used", "this Idempotency-Key was used for another request",
                   "send a new random text with each new request");
  Json kept = util::parse_json(before.answer, "a kept answer", kLongestBody);
  const int status = kept.at("status").get<int>();
  Json& body = kept.at("body");
  if (body.is_null()) return {status, {}, ""};
  Json& document = body.contains("granted") ? body["request"] : body;
  if (!document.contains("id")) return json_reply(status, body);
  const auto id = RequestId::parse(document["id"].get<std::string>());
  const auto view = id && may_see(caller, *id) ? service().get(*id) : std::nullopt;
  if (!view) return no_such_request();
  if (&document == &body) return m_documents.reply(status, *view);
  document = approval::to_json(*view);
  return json_reply(status, body);
}

bool Api::may_see(const Caller& caller, const RequestId& id) {
  if (caller.sees_all()) return true;
  const auto request = m_store.get(id);
  return request && request->requester == caller.actor.name;
}

Reply Api::whoami(const Caller& caller) {
  Json scopes = Json::array();
  for (const Scope scope : caller.scopes) scopes.push_back(to_text(scope));
  return json_reply(200, {{"user", caller.actor.name},
                          {"operator", caller.actor.is_operator},
                          {"scopes", std::move(scopes)},
                          {"recording_bytes", m_limits.recording_bytes},
                          {"now", util::to_rfc3339(m_store.now())}});
}

Answer Api::ask(const Caller& caller, const Json& body, const Context& context) {
  if (!caller.may(Scope::request)) return forbidden(Scope::request);
  const auto request = read([&] {
    auto made = service::new_request_from_json(body);
    made.context = context(*made.context);
    return made;
  });
  if (auto refused = too_many_asked(caller, request)) return std::move(*refused);
  const auto asked = service().ask(caller.actor, request);
  if (const auto* not_asked = std::get_if<service::NotAsked>(&asked)) {
    const Json verdict = service::to_json(*not_asked);
    return {json_reply(200, verdict), kept(200, verdict)};
  }
  return document_answer(201, std::get<View>(asked));
}

std::optional<Reply> Api::too_many_asked(const Caller& caller, const service::NewRequest& request) {
  constexpr double kSmall = 65'536;
  const std::string& user = caller.actor.name;
  if (const std::size_t most = m_limits.pending_per_user; m_store.count_pending(user) >= most) {
    m_metrics.count(Limit::pending_per_user);
    return problem(429, "too-many-pending", std::to_string(most) + " requests of " + user + " wait already",
                   "withdraw some, or wait until they are decided");
  }
  const double cost =
      std::max(1.0, static_cast<double>(util::compact_json(*request.context).size()) / kSmall);
  const auto pause = m_asked.take(user, cost, Rates::Clock::now());
  if (!pause) return std::nullopt;
  m_metrics.count(Limit::asked_per_hour);
  return later(429, "too-many-asked",
               user + " has asked more than " + std::to_string(m_limits.asked_per_hour) + " times in an hour",
               "wait; or an operator raises asked_per_hour", std::chrono::ceil<std::chrono::seconds>(*pause));
}

Reply Api::list(const Caller& caller, const Target& target) {
  const auto limit = static_cast<int>(number_of(target, "limit", 100, 1, kLargestPage));
  store::Filter filter{.states = states_of(value_of(target, "state")),
                       .after = value_of(target, "cursor"),
                       .prefix = value_of(target, "prefix")};
  const std::string to_review = value_of(target, "to_review");
  if (!to_review.empty() && to_review != "true" && to_review != "false")
    bad("to_review must be true or false");
  filter.to_review = to_review == "true";
  if (!filter.prefix.empty() && !approval::is_id_prefix(filter.prefix))
    return problem(400, "bad-request", "prefix must be 4 to 26 characters of an id");
  if (const std::string requester = value_of(target, "requester"); !requester.empty())
    filter.requester = requester;
  if (!caller.sees_all()) filter.requester = caller.actor.name;
  std::vector<View> views;
  // A page is bounded by its bytes, too: contexts can be large.
  constexpr std::size_t kMostBytes = 4U << 20U;
  constexpr int kAtOnce = 20;
  std::size_t bytes = 0;
  while (limit > static_cast<int>(views.size())) {
    filter.limit = std::min(kAtOnce, limit - static_cast<int>(views.size()));
    auto more = service().list(filter);
    const bool is_last = more.size() < static_cast<std::size_t>(filter.limit);
    for (View& view : more) {
      bytes += m_documents.size_of(view.request);
      filter.after = view.request.id.text();
      views.push_back(std::move(view));
      if (bytes >= kMostBytes) return m_documents.page(views, filter.after);
    }
    if (is_last) return m_documents.page(views, "");
  }
  return m_documents.page(views, filter.after);
}

Reply Api::get(const Caller& caller, const std::string& text, const std::string& known) {
  constexpr std::size_t kMostShown = 1000;
  const auto id = RequestId::parse(text);
  if (!id) return no_such_request();
  auto shown = m_shown.find(*id);
  if (shown == m_shown.end() || (shown->second.until && *shown->second.until <= m_store.now())) {
    const auto view = service().get(*id);
    if (!view) return no_such_request();
    if (m_shown.size() >= kMostShown) m_shown.clear();
    const auto& request = view->request;
    shown = m_shown
                .insert_or_assign(*id, Shown{m_documents.reply(200, *view), request.requester,
                                             approval::deadline_of(request)})
                .first;
  }
  if (!caller.sees_all() && shown->second.requester != caller.actor.name) return no_such_request();
  const Reply& reply = shown->second.reply;
  if (reply.headers.at("ETag") != known) return reply;
  return {304, {{"ETag", known}}, ""};
}

Answer Api::change(const Caller& caller, const std::string& text, const std::string& what, const Json& body,
                   const Context& context) {
  const bool by_approver = what == "reviews" || what == "revoke";
  if (!by_approver && what != "claim" && what != "withdraw" && what != "outcome" && what != "recording")
    return no_such_path();
  const Scope scope = by_approver ? Scope::review : Scope::request;
  // Taking one's own back needs no more than asking did.
  if (!caller.may(scope) && !(what == "revoke" && caller.may(Scope::request))) return forbidden(scope);
  const auto id = RequestId::parse(text);
  if (!id || !may_see(caller, *id)) return no_such_request();
  const auto message = [&] {
    return read([&] { return body.contains("message") ? Fields(body, "body").text_or_null("message") : ""; });
  };

  if (what == "recording") return append_recording(caller, *id, body);
  if (what == "claim") {
    const auto claimed =
        service().claim(caller.actor, *id, read([&] { return context(Fields(body, "body").at("context")); }));
    if (const auto* refusal = std::get_if<Refusal>(&claimed)) return refused(*refusal);
    if (const auto* done = std::get_if<service::Claimed>(&claimed)) return claim_answer(*done);
    return no_such_request();
  }
  const auto changed = [&]() -> std::variant<View, Refusal, NoSuchRequest> {
    if (what == "withdraw") return service().withdraw(caller.actor, *id);
    if (what == "revoke") return service().revoke(caller.actor, *id, message());
    if (what == "outcome")
      return service().report(caller.actor, *id, read([&] { return Fields(body, "body").at("outcome"); }));
    const auto verdict =
        approval::parse_review_verdict(read([&] { return Fields(body, "body").text("verdict"); }));
    if (!verdict) bad("verdict must be approve, deny, acknowledge or dispute");
    return service().review(caller.actor, *id, *verdict, message(), read([&] {
                              return approval::signature_from_json(body.value("signature", Json()));
                            }));
  }();
  if (const auto* refusal = std::get_if<Refusal>(&changed)) return refused(*refusal);
  if (const auto* view = std::get_if<View>(&changed)) {
    if (what == "reviews") count_decision(*view);
    return document_answer(200, *view);
  }
  return no_such_request();
}

void Api::count_decision(const View& view) {
  if (view.request.state != approval::State::pending && !view.request.review_by)
    m_metrics.decisions.observe(m_store.now() - view.request.created_at);
}

Answer Api::allowed(const Caller& caller, const Json& body, const Context& given) {
  if (!caller.may(Scope::request)) return forbidden(Scope::request);
  const auto context = read([&] { return given(Fields(body, "body").at("context")); });
  // What these policies say of it is recorded, not what the client says.
  if (!service().record_allowed(caller.actor, context))
    return problem(403, "not-allowed", "this server's policies do not allow that without asking",
                   "the policies where the command was to run are others; make them the same");
  return {Reply{204, {}, ""}, kept(204, nullptr)};
}

std::map<std::string, std::size_t> Api::count_open() {
  std::map<std::string, std::size_t> counts;
  for (const auto& [state, count] : m_store.count_open()) counts[approval::to_text(state)] = count;
  return counts;
}

Reply Api::events(const std::string& last_known) {
  constexpr std::size_t kMostKept = 100;
  if (m_events.size() >= kMostKept) m_events.clear();
  auto [known, is_new] = m_events.try_emplace(last_known);
  if (is_new) known->second = events_after(m_store, last_known);
  return known->second;
}

}  // namespace jit::server

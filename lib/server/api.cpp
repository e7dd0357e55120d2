#include "server/api.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "approval/fields.hpp"
#include "approval/life_cycle.hpp"
#include "audit/chain.hpp"
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
constexpr int kEventsAtOnce = 100;

// What is wrong with what was sent. Not an error of ours.
struct Bad {
  Reply reply;
};

[[noreturn]] void bad(const std::string& detail, const std::string& hint = {}) {
  throw Bad{problem(400, "bad-request", detail, hint)};
}

// Runs what reads something that was sent: its errors are the sender's.
template <typename Read>
auto read(const Read& reading) {
  try {
    return reading();
  } catch (const util::Error& error) {
    bad(error.what(), error.hint());
  } catch (const Json::exception&) {
    bad("the body is not of the form that is described in /openapi.json");
  }
}

Reply no_such_request() {
  return problem(404, "no-such-request", "there is no such request");
}

Reply no_such_path() {
  return problem(404, "no-such-path", "there is nothing here", "the paths are in /openapi.json");
}

Reply refused(const Refusal& refusal) {
  return problem_with(409, "refused", refusal.text, Json{{"kind", service::to_text(refusal.kind)}});
}

std::string tag_of(const std::string& body) {
  return "\"" + util::sha256(body).substr(0, 32) + "\"";
}

std::string value_of(const Target& target, const char* name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? "" : found->second;
}

std::int64_t number_of(const Target& target, const char* name, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most) {
  const std::string text = value_of(target, name);
  if (text.empty()) return otherwise;
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    bad(std::string(name) + " must be a number from " + std::to_string(least) + " to " +
        std::to_string(most));
  return number;
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

bool is_wanted(const approval::Request& request, const store::Filter& filter) {
  const auto& states = filter.states;
  return (filter.requester.empty() || request.requester == filter.requester) &&
         (states.empty() || std::find(states.begin(), states.end(), request.state) != states.end());
}

// A context as it is judged here. In which groups somebody is, this machine knows, or nobody.
std::shared_ptr<const Json> judged_here(const Json& given, const Caller& caller) {
  (void)util::canonical_json(given);
  auto context = std::make_shared<Json>(given);
  if (!context->is_object() || !context->contains("user") || !context->at("user").is_object()) return context;
  const auto groups = util::groups_of(caller.actor.name);
  (*context)["user"]["groups"] = groups ? Json(*groups) : Json();
  return context;
}

std::shared_ptr<const Json> context_of(const Caller& caller, const Json& body) {
  return read([&] { return judged_here(Fields(body, "body").at("context"), caller); });
}

// What a reply is made from again: a request is shown as it is then, and not kept twice.
std::string kept(int status, Json body) {
  return util::compact_json({{"status", status}, {"body", std::move(body)}});
}

Json id_only(const View& view) {
  return {{"id", view.request.id.text()}};
}

}  // namespace

Reply forbidden(Scope scope) {
  return problem(403, "forbidden", "this token is not for that: it has no scope \"" + to_text(scope) + "\"",
                 "ask an operator for one: jit-server token create --scope " + to_text(scope));
}

Api::Api(store::Store& store, std::shared_ptr<const policy::Set> policies, policy::Effect fallback,
         const Limits& limits, Metrics& metrics)
    : m_store(store),
      m_policies(std::move(policies)),
      m_fallback(fallback),
      m_limits(limits),
      m_metrics(metrics) {}

void Api::use(std::shared_ptr<const policy::Set> policies) {
  m_policies = std::move(policies);
}

// A context's text is most of a document, and the same in each.
const std::string& Api::text_of_context(const approval::Request& request) {
  constexpr std::size_t kMostKept = 8U << 20U;
  const auto found = m_texts.find(request.id);
  if (found != m_texts.end() && found->second.context == request.context) return found->second.text;
  if (m_texts_size > kMostKept) {
    m_texts.clear();
    m_texts_size = 0;
  }
  Text& kept = m_texts[request.id];
  kept = {request.context, request.context ? util::compact_json(*request.context) : "{}"};
  m_texts_size += kept.text.size();
  return kept.text;
}

// As it is sent, and what it is without its context, of which the digest says enough to tell versions apart.
std::string Api::document_text(const View& view, std::string* without_context) {
  View bare = view;
  bare.request.context = nullptr;
  std::string rest = util::compact_json(approval::to_json(bare));
  if (without_context != nullptr) *without_context = rest;
  constexpr std::string_view kEmpty = "\"context\":{}";  // sorts first, so no text of anybody's is before it
  const std::size_t at = rest.find(kEmpty);
  if (at != 1) throw util::Error("a request document does not begin with its context");
  return rest.replace(at, kEmpty.size(), "\"context\":" + text_of_context(view.request));
}

Reply Api::document_reply(int status, const View& view) {
  std::string tagged;
  std::string text = document_text(view, &tagged);
  return {status,
          {{"Content-Type", "application/json"},
           {"ETag", tag_of(tagged)},
           {"Location", "/v1/requests/" + view.request.id.text()}},
          text + "\n"};
}

Answer Api::document_answer(int status, const View& view) {
  return {document_reply(status, view), kept(status, id_only(view))};
}

Answer Api::claim_answer(const service::Claimed& claimed) {
  return {json_reply(200, service::to_json(claimed)), kept(200, {{"granted", claimed.permit.has_value()},
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
    return is_get ? audit(target) : method_not_allowed("GET");
  }
  if (parts.size() == 2 && parts[1] == "events") {
    if (!caller.sees_all()) return forbidden(Scope::review);
    return is_get ? events(message.header("last-event-id")) : method_not_allowed("GET");
  }
  if (parts.size() == 3 && parts[1] == "requests")
    return is_get ? get(caller, parts[2], message.header("if-none-match")) : method_not_allowed("GET");
  const bool is_requests = parts[1] == "requests" && (parts.size() == 2 || parts.size() == 4);
  if (is_get && is_requests && parts.size() == 2) return list(caller, target);
  if (!is_requests && !(parts.size() == 2 && parts[1] == "allowed")) return no_such_path();
  if (message.method != "POST")
    return method_not_allowed(parts.size() == 2 && is_requests ? "GET, POST" : "POST");
  return once(caller, message, [&](const Json& body) -> Answer {
    if (parts.size() == 4) return change(caller, parts[2], parts[3], body);
    return is_requests ? ask(caller, body) : allowed(caller, body);
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
  Json& document = body.contains("granted") ? body["request"] : body;
  if (!document.contains("id")) return json_reply(status, body);
  const auto id = RequestId::parse(document["id"].get<std::string>());
  const auto view = id && may_see(caller, *id) ? service().get(*id) : std::nullopt;
  if (!view) return no_such_request();
  if (&document == &body) return document_reply(status, *view);
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
                          {"now", util::to_rfc3339(m_store.now())}});
}

Answer Api::ask(const Caller& caller, const Json& body) {
  if (!caller.may(Scope::request)) return forbidden(Scope::request);
  const auto request = read([&] {
    auto made = service::new_request_from_json(body);
    made.context = judged_here(*made.context, caller);
    return made;
  });
  const std::size_t most = m_limits.pending_per_user;
  if (m_store.count_pending(caller.actor.name) >= most) {
    m_metrics.count(Limit::pending_per_user);
    return problem(429, "too-many-pending",
                   std::to_string(most) + " requests of " + caller.actor.name + " wait already",
                   "withdraw some, or wait until they are decided");
  }
  const auto asked = service().ask(caller.actor, request);
  if (const auto* not_asked = std::get_if<service::NotAsked>(&asked)) {
    const Json verdict = service::to_json(*not_asked);
    return {json_reply(200, verdict), kept(200, verdict)};
  }
  return document_answer(201, std::get<View>(asked));
}

Reply Api::list(const Caller& caller, const Target& target) {
  const auto limit = static_cast<int>(number_of(target, "limit", 100, 1, kLargestPage));
  store::Filter filter{states_of(value_of(target, "state")), value_of(target, "requester"),
                       value_of(target, "cursor"), limit};
  if (!caller.sees_all()) filter.requester = caller.actor.name;
  std::vector<View> views;
  if (const std::string prefix = value_of(target, "prefix"); !prefix.empty()) {
    for (const RequestId& id : m_store.find_prefix(prefix, kLargestPage)) {
      if (static_cast<int>(views.size()) == limit) break;
      auto view = service().get(id);
      if (view && is_wanted(view->request, filter)) views.push_back(std::move(*view));
    }
    return page_reply(views, "");
  }
  // A page is bounded by its bytes, too: contexts can be large.
  constexpr std::size_t kMostBytes = 4U << 20U;
  constexpr int kAtOnce = 20;
  std::size_t bytes = 0;
  while (limit > static_cast<int>(views.size())) {
    filter.limit = std::min(kAtOnce, limit - static_cast<int>(views.size()));
    auto more = service().list(filter);
    const bool is_last = more.size() < static_cast<std::size_t>(filter.limit);
    for (View& view : more) {
      bytes += text_of_context(view.request).size();
      filter.after = view.request.id.text();
      views.push_back(std::move(view));
      if (bytes >= kMostBytes) return page_reply(views, filter.after);
    }
    if (is_last) return page_reply(views, "");
  }
  return page_reply(views, filter.after);
}

Reply Api::page_reply(const std::vector<View>& views, const std::string& next) {
  std::string body = "{\"next\":" + (next.empty() ? "null" : "\"" + next + "\"") + ",\"requests\":[";
  for (const View& view : views) {
    if (body.back() == '}') body += ",";
    body += document_text(view);
  }
  return {200, {{"Content-Type", "application/json"}}, body + "]}\n"};
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
                .insert_or_assign(
                    *id, Shown{document_reply(200, *view), request.requester, approval::deadline_of(request)})
                .first;
  }
  if (!caller.sees_all() && shown->second.requester != caller.actor.name) return no_such_request();
  const Reply& reply = shown->second.reply;
  if (reply.headers.at("ETag") != known) return reply;
  return {304, {{"ETag", known}}, ""};
}

Answer Api::change(const Caller& caller, const std::string& text, const std::string& what, const Json& body) {
  const bool by_approver = what == "reviews" || what == "revoke";
  if (!by_approver && what != "claim" && what != "withdraw" && what != "outcome") return no_such_path();
  const Scope scope = by_approver ? Scope::review : Scope::request;
  // Taking one's own back needs no more than asking did.
  if (!caller.may(scope) && !(what == "revoke" && caller.may(Scope::request))) return forbidden(scope);
  const auto id = RequestId::parse(text);
  if (!id || !may_see(caller, *id)) return no_such_request();
  const auto message = [&] {
    return read([&] { return body.contains("message") ? Fields(body, "body").text_or_null("message") : ""; });
  };

  if (what == "claim") {
    const auto claimed = service().claim(caller.actor, *id, context_of(caller, body));
    if (const auto* refusal = std::get_if<Refusal>(&claimed)) return refused(*refusal);
    if (const auto* done = std::get_if<service::Claimed>(&claimed)) return claim_answer(*done);
    return no_such_request();
  }
  const auto changed = [&]() -> std::variant<View, Refusal, NoSuchRequest> {
    if (what == "withdraw") return service().withdraw(caller.actor, *id);
    if (what == "revoke") return service().revoke(caller.actor, *id, message());
    if (what == "outcome")
      return service().report(caller.actor, *id, read([&] { return Fields(body, "body").at("outcome"); }));
    const std::string verdict = read([&] { return Fields(body, "body").text("verdict"); });
    if (verdict != "approve" && verdict != "deny") bad("verdict must be approve or deny");
    return service().review(
        caller.actor, *id,
        verdict == "approve" ? approval::ReviewVerdict::approve : approval::ReviewVerdict::deny, message());
  }();
  if (const auto* refusal = std::get_if<Refusal>(&changed)) return refused(*refusal);
  if (const auto* view = std::get_if<View>(&changed)) {
    if (what == "reviews" && view->request.state != approval::State::pending)
      m_metrics.decisions.observe(m_store.now() - view->request.created_at);
    return document_answer(200, *view);
  }
  return no_such_request();
}

Reply Api::allowed(const Caller& caller, const Json& body) {
  if (!caller.may(Scope::request)) return forbidden(Scope::request);
  const auto context = context_of(caller, body);
  // What these policies say of it is recorded, not what the client says.
  if (!service().record_allowed(caller.actor, context))
    return problem(403, "not-allowed", "this server's policies do not allow that without asking",
                   "the policies where the command was to run are others; make them the same");
  return {204, {}, ""};
}

Reply Api::audit(const Target& target) {
  const auto limit = number_of(target, "limit", 100, 1, kLargestPage);
  store::AuditFilter filter{std::nullopt, value_of(target, "actor"), value_of(target, "request"),
                            number_of(target, "cursor", 0, 0, std::int64_t{1} << 53)};
  Json entries = Json::array();
  m_store.read_audit(filter, [&](const audit::Entry& entry) {
    entries.push_back({{"entry", *entry.entry}, {"hash", entry.hash}});
    return static_cast<std::int64_t>(entries.size()) < limit;
  });
  const bool more = !entries.empty() && static_cast<std::int64_t>(entries.size()) == limit;
  Json next = more ? Json(entries.back()["entry"].value("seq", Json()).dump()) : Json();
  return json_reply(200, {{"entries", std::move(entries)}, {"next", std::move(next)}});
}

std::map<std::string, std::size_t> Api::count_open() {
  std::map<std::string, std::size_t> counts;
  for (const auto& [state, count] : m_store.count_open()) counts[approval::to_text(state)] = count;
  return counts;
}

// The body is as server-sent events are written (WHATWG HTML, 9.2).
Reply Api::events(const std::string& last_known) {
  constexpr std::size_t kMostKept = 100;
  if (m_events.size() >= kMostKept) m_events.clear();
  auto [known, is_new] = m_events.try_emplace(last_known);
  if (is_new) known->second = events_after(last_known);
  return known->second;
}

Reply Api::events_after(const std::string& last_known) {
  std::int64_t last = 0;
  const char* end = last_known.data() + last_known.size();
  const auto read = std::from_chars(last_known.data(), end, last);
  Reply reply{200, {{"Content-Type", "text/event-stream"}}, ""};
  const auto add = [&](const std::string& id, const Json& data) {
    reply.body += "id: " + id + "\nevent: change\ndata: " + util::compact_json(data) + "\n\n";
    reply.headers[kLastEvent] = id;
  };
  if (read.ec != std::errc() || read.ptr != end || last < 0) {
    // Who knows of none hears of what is to come.
    add(std::to_string(m_store.last_entry()), Json::object());
    return reply;
  }
  reply.headers[kLastEvent] = last_known;
  int count = 0;
  m_store.read_changes(last, [&](const store::Change& change) {
    add(std::to_string(change.seq), {{"request", change.request}, {"type", change.type}});
    return ++count < kEventsAtOnce;
  });
  return reply;
}

}  // namespace jit::server

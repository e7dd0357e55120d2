#include "backend/helper.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/document.hpp"
#include "approval/fields.hpp"
#include "backend/peer.hpp"
#include "backend/signatures.hpp"
#include "service/messages.hpp"
#include "util/error.hpp"
#include "util/subprocess.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::backend {
namespace {

using approval::Fields;
using approval::RequestId;
using approval::View;
using util::Json;
using util::Millis;

// How long a helper may try before what was asked has failed.
constexpr Millis kForAnAnswer{15'000};
// A withdrawal may keep whoever pressed ^C no longer: after 2 s they are let go, and should know by then.
constexpr Millis kForAWithdrawal{1500};
// The command has ended, and whoever ran it wants to go on.
constexpr Millis kForAReport{5000};
// One wait; then the next begins.
constexpr Millis kForNews{25'000};
// A wait that could not be had is not tried again sooner.
constexpr Millis kAfterAnOutage{2000};
constexpr int kMostPages = 1000;
constexpr int kPage = 100;

[[noreturn]] void fail(const rpc::Failure& failure) {
  if (failure.is(rpc::Code::usage)) throw util::UsageError(failure.message, failure.told("hint"));
  if (failure.may_pass()) throw Away(failure.message, failure.told("hint"));
  throw util::Error(failure.message, failure.told("hint"));
}

Json result_of(rpc::Outcome outcome) {
  if (const auto* failure = std::get_if<rpc::Failure>(&outcome)) fail(*failure);
  return std::get<Json>(std::move(outcome));
}

// A request whose digest stands for the context beside it: what is shown is what is decided on.
View checked(View view) {
  if (!(approval::bound_digest(*view.request.context) == view.request.digest))
    throw util::Error("the backend's digest of request " + view.request.id.brief() +
                      " does not stand for the context that it shows");
  return view;
}

View checked(View view, const RequestId& id) {
  view = checked(std::move(view));
  if (!(view.request.id == id))
    throw util::Error("asked for request " + id.brief() + ", and the backend answered with another one");
  return view;
}

std::map<std::string, std::string> labels_of(const Json& context) {
  std::map<std::string, std::string> labels;
  const auto found = context.find("labels");
  if (found == context.end() || !found->is_object()) return labels;
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) labels[key] = value.get<std::string>();
  }
  return labels;
}

// The helper's `wait`, begun anew when it has answered and somebody waits on: what is decided needs no more
// of it. What came with the answer is left in `news`.
class HelperWatch final : public store::Watch {
 public:
  HelperWatch(Peer& peer, Json id, std::optional<Json>& news)
      : m_peer(peer), m_id(std::move(id)), m_news(news) {
    begin();
  }

  // -1 for a moment after the backend was away: whoever waits looks by themselves meanwhile.
  int fd() override {
    if (!m_call && Clock::now() < m_not_before) return -1;
    if (!m_call) begin();
    return m_peer.fd();
  }

  void drain() override {
    auto outcome = m_call ? m_peer.take(*m_call) : std::nullopt;
    if (!outcome) return;
    if (const auto* failure = std::get_if<rpc::Failure>(&*outcome);
        failure != nullptr && failure->may_pass()) {
      m_call.reset();
      m_not_before = Clock::now() + kAfterAnOutage;
      return;
    }
    Json result = result_of(std::move(*outcome));
    m_version = Fields(result, "reply to wait").at("version");
    m_call.reset();
    if (result.contains("request")) m_news = std::move(result);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void begin() { m_call = m_peer.begin("wait", {{"id", m_id}, {"version", m_version}}, kForNews); }

  Peer& m_peer;
  Json m_id, m_version;
  std::optional<Json>& m_news;
  std::optional<std::int64_t> m_call;
  Clock::time_point m_not_before{};
};

class Remote final : public Backend {
 public:
  Remote(const std::string& program, const Options& options)
      : m_policies(options.policies), m_peer(program, options.attention) {
    Json settings = Json::object();
    for (const auto& [name, value] : options.settings) settings[name] = value;
    const Json answer =
        call("describe", {{"protocol", rpc::kProtocol}, {"url", options.url}, {"settings", settings}});
    const Fields fields(answer, "reply to describe");
    if (fields.count("protocol") != rpc::kProtocol) fields.fail("protocol", "one that is known here");
    m_self = {fields.text("user"), "", fields.flag("operator")};
    if (m_self.name.empty()) fields.fail("user", "a name");
    m_recording_limit = bytes_in(answer, "recording_bytes");
    m_ahead = fields.time("now") - util::wall_clock();
  }

  approval::Actor self() override { return m_self; }
  util::Time now() override { return util::wall_clock() + m_ahead; }

  std::variant<View, NotAsked> ask(const NewRequest& request) override {
    const auto context = as_me(*request.context);
    const NewRequest mine{context,      request.reason,  request.ticket,
                          request.wait, request.earlier, request.break_glass};
    Json params = service::to_json(mine);
    params["key"] = new_key();
    auto outcome = m_peer.call("ask", std::move(params), kForAnAnswer);
    if (const auto* failure = std::get_if<rpc::Failure>(&outcome); failure != nullptr) {
      if (failure->is(rpc::Code::not_asked)) return service::not_asked_from_json(failure->data);
      fail(*failure);
    }
    View view = request_in(std::get<Json>(outcome));
    // An approval of before that serves is looked at when it is claimed.
    const bool is_grant =
        view.request.state == approval::State::approved && view.request.requirement.any_of_rule;
    if (!is_grant && !(view.request.digest == digest_here(*context, view.request)))
      throw util::Error("the backend made a request for something else than what was asked");
    return view;
  }

  Lookup find(const std::string& id_or_prefix) override {
    if (!approval::is_id_prefix(id_or_prefix)) return NoSuchRequest{};
    if (const auto id = RequestId::parse(id_or_prefix)) return *id;
    constexpr int kMostCandidates = 20;  // more are as ambiguous
    const auto views = list_where({.limit = kMostCandidates, .prefix = id_or_prefix});
    if (views.empty()) return NoSuchRequest{};
    if (views.size() == 1) return views.front().request.id;
    service::Ambiguous ambiguous;
    for (const View& view : views) ambiguous.candidates.push_back(view.request.id.text());
    return ambiguous;
  }

  std::optional<View> get(const RequestId& id) override {
    if (const auto news = std::exchange(m_news, std::nullopt)) {
      if (View view = view_in(*news); view.request.id == id) return checked(std::move(view));
    }
    auto outcome = m_peer.call("get", {{"id", id.text()}}, kForAnAnswer);
    const auto* failure = std::get_if<rpc::Failure>(&outcome);
    if (failure != nullptr && failure->is(rpc::Code::no_such_request)) return std::nullopt;
    return request_in(result_of(std::move(outcome)), id);
  }

  std::vector<View> list(const store::Filter& filter) override { return list_where(filter); }

  bool can_review(const View& view) override { return service::Service::can_review(view, m_self); }
  Changed review(const RequestId& id, approval::ReviewVerdict verdict, const std::string& message,
                 const std::optional<approval::Signature>& signature) override {
    Json params = {{"verdict", approval::to_text(verdict)}, {"message", message}};
    if (signature) params["signature"] = approval::to_json(signature);
    return change("review", id, std::move(params));
  }
  Changed revoke(const RequestId& id, const std::string& message) override {
    return change("revoke", id, {{"message", message}});
  }
  Changed withdraw(const RequestId& id) override {
    return change("withdraw", id, Json::object(), kForAWithdrawal);
  }
  Changed report(const RequestId& id, const Json& outcome) override {
    return change("report", id, {{"outcome", outcome}}, kForAReport);
  }

  std::size_t recording_limit() override { return m_recording_limit; }
  void append_recording(const RequestId& id, const service::Piece& piece) override {
    const auto outcome = changing_call(
        "append", id, {{"use", piece.use}, {"start", piece.start}, {"bytes", piece.bytes}}, kForAnAnswer);
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) throw util::Error(refusal->text);
    const auto* result = std::get_if<Json>(&outcome);
    if (result == nullptr) throw util::Error("there is no such request any more");
    if (bytes_in(*result, "size") < piece.start + piece.bytes.size())
      throw util::Error("the backend has not kept what was recorded");
  }

  std::variant<Claimed, Refusal, NoSuchRequest> claim(const RequestId& id,
                                                      const std::shared_ptr<const Json>& collected,
                                                      const policy::Verdict& here) override {
    const auto context = as_me(*collected);
    auto outcome = changing_call("claim", id, {{"context", *context}}, kForAnAnswer);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
    const Json* result = std::get_if<Json>(&outcome);
    if (result == nullptr) return NoSuchRequest{};
    auto reply = service::claim_reply_from_json(*result);
    const View view = checked(std::move(reply.view), id);
    Claimed claimed{view, std::nullopt, std::move(reply.differences)};
    const util::Digest digest = digest_here(*context, view.request);
    if (reply.granted) require_signatures(m_policies, view.request, digest, here);
    claimed.permit = approval::Permit::from_backend(reply.granted, view.request, id, digest,
                                                    may_be_any_of_rule(view.request, here));
    if (reply.granted && !claimed.differences.empty())
      throw util::Error("the backend granted a claim, and says that it differs from what was approved");
    if (reply.granted && !claimed.permit)
      throw util::Error("the backend granted something else than what would run here");
    return claimed;
  }

  void record_allowed(const Json& context, const policy::Verdict& verdict) override {
    (void)call("record", {{"context", *as_me(context)}, {"rules", verdict.rules}, {"key", new_key()}});
  }

  void attend(const Attention& attention) override { m_peer.attend(attention); }

  std::unique_ptr<store::Watch> watch(const std::optional<RequestId>& id) override {
    return std::make_unique<HelperWatch>(m_peer, id ? Json(id->text()) : Json(), m_news);
  }

 private:
  // A backend's rules may say so; where there are policies here, they must, too.
  bool may_be_any_of_rule(const approval::Request& request, const policy::Verdict& here) const {
    if (!request.requirement.any_of_rule) return false;
    const bool has_policies = m_policies != nullptr && m_policies->installed();
    return !has_policies || (here.effect == policy::Effect::ask && here.requirement.any_of_rule);
  }

  static Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
  // Lets a backend recognise what it has been asked already, when only its answer was lost.
  static std::string new_key() { return RequestId::random().text(); }

  Json call(const std::string& method, Json params) {
    return result_of(m_peer.call(method, std::move(params), kForAnAnswer));
  }

  // A context says who asks: the one whom the backend knows.
  std::shared_ptr<const Json> as_me(const Json& context) const {
    auto mine = std::make_shared<Json>(context);
    (*mine)["user"]["name"] = m_self.name;
    return mine;
  }

  // The digest of what was collected here, with the labels that the backend's rules gave it.
  static util::Digest digest_here(const Json& context, const approval::Request& request) {
    return approval::bound_digest(*approval::labelled(context, labels_of(*request.context)));
  }

  std::vector<View> list_where(const store::Filter& filter) {
    std::vector<View> views;
    Json states = Json::array();
    for (const auto state : filter.states) states.push_back(approval::to_text(state));
    std::string after = filter.after;
    for (int pages = 1;; ++pages) {
      const Json page = call("list", {{"states", states},
                                      {"requester", filter.requester ? Json(*filter.requester) : Json()},
                                      {"prefix", text_or_null(filter.prefix)},
                                      {"to_review", filter.to_review},
                                      {"after", text_or_null(after)},
                                      {"limit", kPage}});
      const Fields fields(page, "reply to list");
      const Json& requests = fields.at("requests");
      if (!requests.is_array()) fields.fail("requests", "a list");
      for (const Json& document : requests) views.push_back(checked(approval::view_from_json(document)));
      const std::string next = fields.text_or_null("next");
      const bool enough = filter.limit > 0 && views.size() >= static_cast<std::size_t>(filter.limit);
      if (next.empty() || enough) break;
      if (requests.empty() || next == after || pages == kMostPages)
        throw util::Error("the backend's list has no end");
      after = next;
    }
    if (filter.limit > 0 && views.size() > static_cast<std::size_t>(filter.limit))
      views.erase(views.begin() + filter.limit, views.end());
    return views;
  }

  static View view_in(const Json& result) {
    return approval::view_from_json(Fields(result, "reply").at("request"));
  }
  static View request_in(const Json& result) { return checked(view_in(result)); }
  static View request_in(const Json& result, const RequestId& id) { return checked(view_in(result), id); }

  std::variant<Json, Refusal, NoSuchRequest> changing_call(const std::string& method, const RequestId& id,
                                                           Json params, Millis within) {
    m_news.reset();
    params["id"] = id.text();
    params["key"] = new_key();
    auto outcome = m_peer.call(method, std::move(params), within);
    if (const auto* failure = std::get_if<rpc::Failure>(&outcome)) {
      if (failure->is(rpc::Code::refused))
        return Refusal{service::refusal_kind(failure->told("kind")), failure->message};
      if (failure->is(rpc::Code::no_such_request)) return NoSuchRequest{};
      fail(*failure);
    }
    return std::get<Json>(std::move(outcome));
  }

  Changed change(const std::string& method, const RequestId& id, Json params, Millis within = kForAnAnswer) {
    auto outcome = changing_call(method, id, std::move(params), within);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
    const Json* result = std::get_if<Json>(&outcome);
    if (result == nullptr) return NoSuchRequest{};
    return request_in(*result, id);
  }

  // A number of bytes; 0 where it is not said.
  static std::size_t bytes_in(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
  }

  const policy::Set* m_policies;
  Peer m_peer;
  std::size_t m_recording_limit = 0;
  approval::Actor m_self;
  std::optional<Json> m_news;  // the request as the last `wait` has shown it, until somebody looks
  Millis m_ahead{0};           // how far the backend's clock is ahead of the one here
};

std::string program_in(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  return ::access(path.c_str(), X_OK) == 0 ? path : "";
}

}  // namespace

std::string find_helper(const Options& options) {
  const std::string scheme = options.url.substr(0, options.url.find(':'));
  const bool is_http = scheme == "https" || scheme == "http" || scheme == "unix";
  const std::string name = "jit-backend-" + (is_http ? "http" : scheme);
  const std::string libexec = util::libexec_directory();
  if (auto path = program_in(libexec, name); !path.empty()) return path;
  if (!options.helper_path.empty()) {
    const std::string path = program_in(options.helper_path, name);
    // It decides what is approved: nobody else may be able to change it.
    if (!path.empty() && util::open_trusted(path)) return path;
  }
  throw util::UsageError(
      "no helper for the backend \"" + util::visible(options.url) + "\": there is no " + util::visible(name) +
          " in " + libexec +
          (options.helper_path.empty() ? "" : " or " + util::visible(options.helper_path)) +
          util::did_you_mean(scheme, {"local", "https", "unix"}),
      "a backend is local, local:/DIRECTORY, https://HOST, unix:/PATH, or a scheme of a helper");
}

std::unique_ptr<Backend> open_helper(const std::string& program, const Options& options) {
  return std::make_unique<Remote>(program, options);
}

}  // namespace jit::backend

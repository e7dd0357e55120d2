#include "http/remote.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <random>

#include "util/error.hpp"

namespace jit::http {
namespace {

using backend::rpc::Call;
using backend::rpc::Code;
using backend::rpc::Failure;
using backend::rpc::Outcome;
using util::Json;
using util::Millis;

constexpr const char* kProblem = "urn:jit-run:problem:";
// A long poll ends on the server's side before the client's time is over.
constexpr Millis kBeforeTheEnd{2000};

Failure failure(Code code, const std::string& message, Json data = nullptr) {
  return {static_cast<int>(code), message, std::move(data)};
}

Failure unavailable(const std::string& message, const std::string& hint = {}) {
  return failure(Code::unavailable, message, {{"hint", hint}});
}

bool is_unreserved(char c) {  // RFC 3986
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string escaped(const std::string& text) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return result;
}

std::string text_in(const Json& params, const char* key) {
  const auto found = params.find(key);
  return found != params.end() && found->is_string() ? found->get<std::string>() : "";
}

Json without(Json params, std::initializer_list<const char*> keys) {
  for (const char* key : keys) params.erase(key);
  return params;
}

std::string list_query(const Json& params) {
  std::string states;
  for (const Json& state : params.value("states", Json::array()))
    states += (states.empty() ? "" : ",") + (state.is_string() ? state.get<std::string>() : "");
  std::string query = "?limit=" + std::to_string(params.value("limit", 100));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query += "&" + std::string(name) + "=" + escaped(value);
  };
  add("state", states);
  add("requester", text_in(params, "requester"));
  add("prefix", text_in(params, "prefix"));
  add("cursor", text_in(params, "after"));
  add("to_review", params.value("to_review", false) ? "true" : "");
  return query;
}

// A call that changes something: its path, and which of its params are not the body.
struct Change {
  const char* method;
  const char* path;  // behind /v1/requests/ID
};
constexpr Change kChanges[] = {{"review", "/reviews"}, {"claim", "/claim"},    {"withdraw", "/withdraw"},
                               {"revoke", "/revoke"},  {"report", "/outcome"}, {"append", "/recording"}};

const char* change_path(const std::string& method) {
  for (const Change& change : kChanges) {
    if (method == change.method) return change.path;
  }
  return nullptr;
}

Exchange post(const std::string& path, const Json& body, const Json& params) {
  Exchange exchange{"POST", path, util::compact_json(body), {}};
  exchange.headers["Idempotency-Key"] = text_in(params, "key");
  return exchange;
}

Exchange wait_exchange(const Json& params, Millis within) {
  const std::string id = text_in(params, "id");
  const std::string version = text_in(params, "version");
  Exchange exchange;
  if (id.empty()) {
    exchange.path = "/v1/events";
    if (!version.empty()) exchange.headers["Last-Event-ID"] = version;
    return exchange;
  }
  exchange.path = "/v1/requests/" + escaped(id);
  if (version.empty()) return exchange;
  exchange.headers["If-None-Match"] = version;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(within - kBeforeTheEnd);
  exchange.headers["Prefer"] = "wait=" + std::to_string(std::max<long>(seconds.count(), 0));
  return exchange;
}

bool has_type(const Answer& answer, const std::string& type) {
  const auto found = answer.headers.find("content-type");
  return found != answer.headers.end() && (found->second == type || found->second.starts_with(type + ";"));
}

std::string etag_of(const Answer& answer) {
  const auto found = answer.headers.find("etag");
  return found == answer.headers.end() ? "" : found->second;
}

// What to look at when the server does not take somebody for who they are.
std::string hint_about_token(const std::string& hint, const Server& server) {
  std::string sent = "the token is the one in " + server.token_file;
  if (server.token_file.empty())
    sent = server.no_token_in.empty()
               ? "no token was sent; the setting token_file names one"
               : "no token was sent: token_file is not set, and there is no " + server.no_token_in;
  return hint.empty() ? sent : hint + "; " + sent;
}

// What to do when the server is not believed to be who it should be.
std::string hint_about_trust(const std::string& problem) {
  const auto has = [&](const char* words) { return problem.find(words) != std::string::npos; };
  if (has("has expired"))
    return "the server's certificate has ended, or this machine's clock is wrong: tell its operator";
  if (has("subject name")) return "name the server in backend as its certificate does";
  return has("certificate") ? "is ca_file the authority of this server's certificate?" : "";
}

// The server could not be reached, or is overloaded: whoever can wait may try again later.
Failure passing(const std::string& message, const std::string& hint) {
  return failure(Code::unavailable, message, {{"hint", hint}, {"may_pass", true}});
}

bool is_overloaded(const Answer& answer) {
  return answer.status == 429 || answer.status == 502 || answer.status == 503 || answer.status == 504;
}

std::string hint_about_outage(const Answer& answer, const Server& server) {
  const std::string is_it_right = "is jit-server running there, and is the setting backend right?";
  if (!answer.is_doubtful) return is_it_right;
  if (server.url.starts_with("unix:"))
    return "is that the socket of a jit-server that runs, and may you write it?";
  if (server.url.starts_with("http:")) return "does the server speak https there? " + is_it_right;
  return server.url.starts_with("https:") && answer.problem.find("resolve") == std::string::npos
             ? "does the server speak http there, without TLS? " + is_it_right
             : is_it_right;
}

// There was no answer, in all the time that there was.
Failure unreached(const Call& call, const Answer& answer, const Server& server) {
  if (!answer.may_pass) {
    return unavailable("cannot reach " + server.url + ": " + answer.problem,
                       hint_about_trust(answer.problem));
  }
  const bool gave_up = call.method == "describe" && answer.is_doubtful;
  const Millis within = gave_up ? kForTheDoubtful : Millis{call.params.value("within_ms", std::int64_t{0})};
  return passing(
      "cannot reach " + server.url + ", tried for " + util::to_text(within) + ": " + answer.problem,
      hint_about_outage(answer, server));
}

// A problem of the API: what it is, in its own words.
Failure failure_of(const Answer& answer, const Server& server) {
  const std::string status = "the server answered " + std::to_string(answer.status);
  const auto failed = is_overloaded(answer) ? passing : unavailable;
  if (!has_type(answer, "application/problem+json")) return failed(status + ", and does not say why", "");
  const Json problem = util::parse_json(answer.body, "the server's answer");
  const std::string type = problem.is_object() ? text_in(problem, "type") : "";
  const std::string detail = problem.is_object() ? text_in(problem, "detail") : "";
  const std::string message = detail.empty() ? status : detail;
  const auto is = [&](const char* name) { return type == std::string(kProblem) + name; };
  if (is("refused")) return failure(Code::refused, message, {{"kind", text_in(problem, "kind")}});
  if (is("no-such-request")) return failure(Code::no_such_request, message);
  if (is("not-asked")) return failure(Code::not_asked, message, problem.value("verdict", Json()));
  const std::string hint = text_in(problem, "hint");
  if (answer.status == 401)
    return failure(Code::usage, "the server says: " + message, {{"hint", hint_about_token(hint, server)}});
  if (answer.status == 403 || is("bad-request"))
    return failure(Code::usage, "the server says: " + message, {{"hint", hint}});
  return failed("the server says: " + message, hint);
}

Json result_of(const Call& call, const Answer& answer) {
  Json body = util::parse_json(answer.body, "the server's answer", backend::rpc::kLongestLine);
  if (!body.is_object()) throw util::Error("the server's answer is not an object");
  if (call.method == "wait") return {{"version", etag_of(answer)}, {"request", std::move(body)}};
  if (call.method == "describe") {
    body["protocol"] = backend::rpc::kProtocol;
    return body;
  }
  if (call.method == "list" || call.method == "claim" || call.method == "append") return body;
  return {{"request", std::move(body)}};
}

}  // namespace

std::optional<Exchange> exchange_of(const Call& call) {
  const Json& params = call.params;
  const Millis within{params.value("within_ms", std::int64_t{15'000})};
  const auto exchange = [&]() -> std::optional<Exchange> {
    if (call.method == "describe") return Exchange{"GET", "/v1/whoami", "", {}};
    if (call.method == "ask") return post("/v1/requests", without(params, {"key", "within_ms"}), params);
    if (call.method == "get")
      return Exchange{"GET", "/v1/requests/" + escaped(text_in(params, "id")), "", {}};
    if (call.method == "list") return Exchange{"GET", "/v1/requests" + list_query(params), "", {}};
    if (call.method == "wait") return wait_exchange(params, within);
    if (call.method == "record") return post("/v1/allowed", without(params, {"key", "within_ms"}), params);
    const char* path = change_path(call.method);
    if (path == nullptr) return std::nullopt;
    return post("/v1/requests/" + escaped(text_in(params, "id")) + path,
                without(params, {"key", "within_ms", "id"}), params);
  }();
  if (!exchange) return std::nullopt;
  Exchange result = *exchange;
  result.within = within;
  return result;
}

std::string trouble_of(const std::optional<Answer>& last, const Server& server) {
  if (!last) return "no answer from " + server.url + " yet";
  if (last->status == 0) return "cannot reach " + server.url + ": " + last->problem + "; trying again";
  return server.url + " answers " + std::to_string(last->status) + "; trying again";
}

Outcome outcome_of(const Call& call, const Answer& answer, const Server& server) {
  try {
    if (answer.status == 0) return unreached(call, answer, server);
    if (call.method == "wait" && answer.status == 304)
      return Json{{"version", call.params.value("version", Json())}};
    // A stream that has ended, because the server does, without news.
    if (call.method == "wait" && answer.status == 200 && has_type(answer, "text/event-stream"))
      return Json{{"version", call.params.value("version", Json())}};
    if (call.method == "record" && answer.status == 204) return Json::object();
    if (answer.status >= 300 && answer.status < 400)
      return unavailable(
          "the server sends elsewhere (" + std::to_string(answer.status) + "), and that is not followed",
          "name the server itself in backend");
    if (answer.status >= 400 || answer.status < 200) return failure_of(answer, server);
    if (!has_type(answer, "application/json"))
      return unavailable("this is no jit-server: its answer is not JSON");
    Json result = result_of(call, answer);
    // The server's policies let it pass, or nobody need be asked.
    if (call.method == "ask" && answer.status == 200) return failure(Code::not_asked, "", result["request"]);
    return result;
  } catch (const util::Error& error) {
    return unavailable(error.what());
  } catch (const Json::exception& error) {
    return unavailable(std::string("the server's answer makes no sense: ") + error.what());
  }
}

std::optional<Millis> retry_after(const Answer& answer, int attempt) {
  constexpr Millis kFirst{100};
  constexpr Millis kMost{5000};
  constexpr long kLongest = 60;  // s
  if (answer.status == 0 ? !answer.may_pass : !is_overloaded(answer)) return std::nullopt;
  if (const auto told = answer.headers.find("retry-after"); told != answer.headers.end()) {
    long seconds = 0;
    const auto [end, error] =
        std::from_chars(told->second.data(), told->second.data() + told->second.size(), seconds);
    // Told to come back at once, it does not come back faster than by itself.
    if (error == std::errc() && seconds > 0) return std::chrono::seconds(std::min(seconds, kLongest));
  }
  // Full jitter: many clients of a server that comes back must not come back together.
  static std::minstd_rand random{std::random_device{}()};
  const auto most = std::min(kMost, kFirst * (1 << std::min(attempt, 6)));
  return Millis{std::uniform_int_distribution<std::int64_t>(kFirst.count() / 2, most.count())(random)};
}

}  // namespace jit::http

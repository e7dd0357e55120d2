#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/source.hpp"
#include "util/json.hpp"

namespace jit::server {

/// One HTTP request, read whole and within its limits.
struct Message {
  std::string method;                          // "GET"
  std::string target;                          // as it was sent: "/v1/requests?limit=10"
  std::map<std::string, std::string> headers;  // by lower-case name, those that matter here
  std::string body;
  std::shared_ptr<const live::Answers> warnings{};  // what the sources say now; null: they were not asked

  /// Whether it asks for a change of anything.
  bool is_change() const { return method == "POST"; }
  /// Whether its context is judged anew, by what is active now.
  bool is_judged() const;
  /// "" when it was not sent.
  std::string header(const std::string& name) const;
};

/// A target, taken apart (RFC 3986): the path's segments and the query's values, percent-decoded.
struct Target {
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
};
/// nullopt for what is no target of ours: bad escapes, control bytes, a name given twice.
std::optional<Target> parse_target(std::string_view target);

/// "wait=25" among the preferences (RFC 7240, header Prefer), in seconds; nullopt when it is not there.
std::optional<std::chrono::seconds> wanted_wait(std::string_view prefer);

/// What is answered.
struct Reply {
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  // What is not sent, for the log: whom it is for, which request it is about, in which state, and why it was
  // refused.
  std::string user{}, request{}, state{}, why{};
  // And what jit-notify is asked to do once all of it is durable (a line, service/errand.hpp).
  std::string errand{};
};
/// Its status line and headers as HTTP/1.1 sends them, and no more: more may follow.
std::string header_text(const Reply& reply);
/// All of it. `keep`: the connection goes on after it; `head_only`: the answer to HEAD.
std::string to_text(const Reply& reply, bool keep, bool head_only);

Reply json_reply(int status, const util::Json& body);

/// The API's description (OpenAPI 3.1).
Reply openapi_reply();

/// A problem (RFC 9457): `name` ends its type, `urn:jit-run:problem:NAME`; `hint` says what to do.
Reply problem(int status, const std::string& name, const std::string& detail, const std::string& hint = {});
/// What is too much now and not for long: with Retry-After.
Reply later(int status, const std::string& name, const std::string& detail, const std::string& hint,
            std::chrono::seconds pause = std::chrono::seconds(1));
/// `allowed`: the methods that are answered, "GET, POST".
Reply method_not_allowed(const std::string& allowed);
/// The same with further members.
Reply problem_with(int status, const std::string& name, const std::string& detail, const util::Json& members);

}  // namespace jit::server

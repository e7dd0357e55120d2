#include "backend/rpc.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/error.hpp"

namespace jit::backend::rpc {
namespace {

using util::Json;

constexpr std::int64_t kLargestId = 1LL << 53;
constexpr const char* kTrouble = "trouble";

// Nothing that a helper or its server says may pass for a line of ours.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

// What both kinds of message begin with.
Json parse_message(const std::string& line, const std::string& from) {
  Json message = util::parse_json(line, from, kLongestLine);
  if (!message.is_object() || message.value("jsonrpc", Json()) != "2.0")
    throw util::Error(from + ": not a JSON-RPC 2.0 message");
  return message;
}

std::int64_t id_of(const Json& message, const std::string& from) {
  const auto id = message.find("id");
  if (id == message.end() || !id->is_number_integer() || *id < 0 || *id > kLargestId)
    throw util::Error(from + ": a message without a number as its id");
  return id->get<std::int64_t>();
}

Failure failure_from(const Json& error, const std::string& from) {
  const bool is_error = error.is_object() && error.contains("code") && error["code"].is_number_integer() &&
                        error.contains("message") && error["message"].is_string();
  if (!is_error) throw util::Error(from + ": an error without code and message");
  const auto code = error["code"].get<std::int64_t>();
  const bool fits = code >= -kLargestId && code <= kLargestId && static_cast<int>(code) == code;
  return {fits ? static_cast<int>(code) : static_cast<int>(Code::unavailable),
          one_line(error["message"].get<std::string>()), error.value("data", Json())};
}

}  // namespace

std::string Failure::told(const char* key) const {
  const bool is_there = data.is_object() && data.contains(key) && data[key].is_string();
  return is_there ? one_line(data[key].get<std::string>()) : "";
}

bool Failure::may_pass() const {
  return is(Code::unavailable) && data.is_object() && data.contains("may_pass") && data["may_pass"] == true;
}

std::string to_line(const Call& call) {
  return util::compact_json(
      {{"jsonrpc", "2.0"}, {"id", call.id}, {"method", call.method}, {"params", call.params}});
}

std::string to_line(const Reply& reply) {
  Json message = {{"jsonrpc", "2.0"}, {"id", reply.id}};
  if (const auto* failure = std::get_if<Failure>(&reply.outcome)) {
    message["error"] = {{"code", failure->code}, {"message", failure->message}, {"data", failure->data}};
  } else {
    message["result"] = std::get<Json>(reply.outcome);
  }
  return util::compact_json(message);
}

std::string to_line(const Trouble& trouble) {
  return util::compact_json(
      {{"jsonrpc", "2.0"}, {"method", kTrouble}, {"params", {{"message", trouble.message}}}});
}

Call parse_call(const std::string& line, const std::string& from) {
  const Json message = parse_message(line, from);
  const auto method = message.find("method");
  if (method == message.end() || !method->is_string()) throw util::Error(from + ": a call without a method");
  Json params = message.value("params", Json::object());
  if (!params.is_object()) throw util::Error(from + ": a call whose params are not an object");
  return {id_of(message, from), method->get<std::string>(), std::move(params)};
}

std::variant<Reply, Trouble> parse_reply(const std::string& line, const std::string& from) {
  const Json message = parse_message(line, from);
  if (message.value("method", Json()) == kTrouble && !message.contains("id")) {
    const Json params = message.value("params", Json());
    const bool says = params.is_object() && params.contains("message") && params["message"].is_string();
    if (!says) throw util::Error(from + ": trouble without a message");
    return Trouble{one_line(params["message"].get<std::string>())};
  }
  const std::int64_t id = id_of(message, from);
  const bool has_result = message.contains("result");
  if (has_result == message.contains("error"))
    throw util::Error(from + ": a reply with neither or both of a result and an error");
  if (has_result) return Reply{id, message["result"]};
  return Reply{id, failure_from(message["error"], from)};
}

}  // namespace jit::backend::rpc

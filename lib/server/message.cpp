#include "server/message.hpp"

#include <boost/beast/http/status.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

namespace jit::server {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
      if (!low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    result += c;
  }
  return result;
}

// Calls `part` for what lies between the separators.
template <typename Part>
bool split(std::string_view text, char separator, const Part& part) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!part(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

// RFC 9110's own words, where it has some.
std::string reason_of(int status) {
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  return std::string(boost::beast::http::obsolete_reason(known));
}

}  // namespace

bool Message::is_judged() const {
  return is_change() && (target == "/v1/requests" || target == "/v1/allowed" || target.ends_with("/claim"));
}

std::string Message::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t question = target.find('?');
  Target result;
  const bool path = split(target.substr(1, question == std::string_view::npos ? question : question - 1), '/',
                          [&](std::string_view segment) {
                            auto text = decoded(segment);
                            if (text) result.segments.push_back(std::move(*text));
                            return text.has_value();
                          });
  if (!path) return std::nullopt;
  if (question == std::string_view::npos || question + 1 == target.size()) return result;
  const bool query = split(target.substr(question + 1), '&', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    const auto name = decoded(pair.substr(0, equals));
    const auto value = decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    return name && value && result.query.emplace(*name, *value).second;
  });
  return query ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<std::chrono::seconds> wanted_wait(std::string_view prefer) {
  std::optional<std::chrono::seconds> wait;
  (void)split(prefer, ',', [&](std::string_view preference) {
    while (preference.starts_with(' ') || preference.starts_with('\t')) preference.remove_prefix(1);
    constexpr std::string_view kName = "wait=";
    if (!preference.starts_with(kName)) return true;
    const std::string_view digits = preference.substr(kName.size());
    int seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error == std::errc() && seconds >= 0) wait = std::chrono::seconds(seconds);
    return false;
  });
  return wait;
}

std::string header_text(const Reply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " " + reason_of(reply.status) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  for (const auto& [name, value] : reply.headers) text.append(name).append(": ").append(value).append("\r\n");
  return text;
}

std::string to_text(const Reply& reply, bool keep, bool head_only) {
  std::string text = header_text(reply);
  if (reply.status != 204 && reply.status != 304)
    text += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  if (!keep) text += "Connection: close\r\n";
  text += "\r\n";
  if (!head_only) text += reply.body;
  return text;
}

Reply json_reply(int status, const util::Json& body) {
  return {status, {{"Content-Type", "application/json"}}, util::compact_json(body) + "\n"};
}

Reply openapi_reply() {
  static constexpr const char* kText =
#include <openapi.json.hpp>
      ;
  return {200, {{"Content-Type", "application/json"}}, kText};
}

Reply problem_with(int status, const std::string& name, const std::string& detail,
                   const util::Json& members) {
  util::Json body = {
      {"type", "urn:jit-run:problem:" + name}, {"title", name}, {"status", status}, {"detail", detail}};
  body.update(members);
  Reply reply = json_reply(status, body);
  reply.headers["Content-Type"] = "application/problem+json";
  reply.why = detail;
  return reply;
}

Reply problem(int status, const std::string& name, const std::string& detail, const std::string& hint) {
  return problem_with(status, name, detail, hint.empty() ? util::Json::object() : util::Json{{"hint", hint}});
}

Reply later(int status, const std::string& name, const std::string& detail, const std::string& hint,
            std::chrono::seconds pause) {
  Reply reply = problem(status, name, detail, hint);
  reply.headers["Retry-After"] = std::to_string(pause.count());
  return reply;
}

Reply method_not_allowed(const std::string& allowed) {
  Reply reply = problem(405, "method-not-allowed", "only " + allowed + " is answered here");
  reply.headers["Allow"] = allowed;
  return reply;
}

}  // namespace jit::server

#include "server/documents.hpp"

#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"

namespace jit::server {
namespace {

using approval::Request;
using approval::View;

std::string tag_of(const std::string& body) {
  return "\"" + util::sha256(body).substr(0, 32) + "\"";
}

// Without the context, of which the digest says enough to tell versions apart.
std::string bare_text(const View& view) {
  View bare = view;
  bare.request.context = nullptr;
  return util::compact_json(approval::to_json(bare));
}

}  // namespace

const std::string& Documents::text_of_context(const Request& request) {
  constexpr std::size_t kMostKept = 8U << 20U;
  const auto found = m_texts.find(request.id);
  if (found != m_texts.end() && found->second.context == request.context) return found->second.text;
  if (m_size > kMostKept) {
    m_texts.clear();
    m_size = 0;
  }
  Text& kept = m_texts[request.id];
  kept = {request.context, request.context ? util::compact_json(*request.context) : "{}"};
  m_size += kept.text.size();
  return kept.text;
}

std::string Documents::with_context(std::string bare, const Request& request) {
  constexpr std::string_view kEmpty = "\"context\":{}";  // sorts first, so no text of anybody's is before it
  const std::size_t at = bare.find(kEmpty);
  if (at != 1) throw util::Error("a request document does not begin with its context");
  return bare.replace(at, kEmpty.size(), "\"context\":" + text_of_context(request));
}

Reply Documents::reply(int status, const View& view) {
  std::string bare = bare_text(view);
  std::string tag = tag_of(bare);
  const std::string id = view.request.id.text();
  return {
      status,
      {{"Content-Type", "application/json"}, {"ETag", std::move(tag)}, {"Location", "/v1/requests/" + id}},
      with_context(std::move(bare), view.request) + "\n",
      "",
      id,
      approval::to_text(view.request.state)};
}

Reply Documents::page(const std::vector<View>& views, const std::string& next) {
  std::string body = "{\"next\":" + (next.empty() ? "null" : "\"" + next + "\"") + ",\"requests\":[";
  for (const View& view : views) {
    if (body.back() == '}') body += ",";
    body += with_context(bare_text(view), view.request);
  }
  return {200, {{"Content-Type", "application/json"}}, body + "]}\n"};
}

}  // namespace jit::server

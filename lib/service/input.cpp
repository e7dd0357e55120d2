#include "service/input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/time.hpp"
#include "policy/preview.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::service {
namespace {

using util::Json;

constexpr std::size_t kLongestText = 16U << 10U;
constexpr std::size_t kLongestContext = 4U << 20U;

// Whether a reader of foreign JSON would take this document: then so will whoever reads it from the store.
void require_readable(const Json& document, const std::string& what, std::size_t limit) {
  try {
    (void)util::parse_json(document.dump(), what, limit);
  } catch (const util::Error& error) {
    throw util::UsageError(error.what(), error.hint());
  } catch (const Json::exception&) {
    throw util::UsageError(what + " holds text that is not UTF-8");
  }
}

}  // namespace

std::string checked_text(const std::string& text, const std::string& what) {
  if (text.find('\0') != std::string::npos) throw util::UsageError(what + " holds a NUL byte");
  std::string utf8 = util::escape_invalid_utf8(text);
  if (utf8.size() > kLongestText) {
    throw util::UsageError(what + " is longer than 16 KiB", "say where the rest can be read instead");
  }
  return utf8;
}

std::shared_ptr<const Json> checked_context(const std::shared_ptr<const Json>& context, util::Time now,
                                            const approval::Actor& by) {
  if (!context || !context->is_object()) throw util::UsageError("the context is not a JSON object");
  require_readable(*context, "the context", kLongestContext);
  for (const char* part : {"command", "user", "labels", "env", "session"}) {
    if (context->contains(part) && !context->at(part).is_object() && !context->at(part).is_null())
      throw util::UsageError(std::string("the context's ") + part + " is not a JSON object");
  }
  if (!context->contains("command") || !context->at("command").is_object())
    throw util::UsageError("the context has no command");
  policy::require_wellformed_previews(*context);
  auto checked = std::make_shared<Json>(*context);
  Json& user = (*checked)["user"];
  if (!user.is_object()) user = Json::object();
  user["name"] = by.name;
  (*checked)["time"] = context::time_part(now);
  return checked;
}

void require_recordable(const std::string& bytes) {
  constexpr std::size_t kLongestPiece = 512U << 10U;
  if (bytes.empty() || bytes.size() > kLongestPiece)
    throw util::UsageError("a piece of a recording has 1 to 524288 bytes");
  const auto is_plain = [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); };
  if (!std::all_of(bytes.begin(), bytes.end(), is_plain))
    throw util::UsageError("a recording is printable ASCII: write other characters as \\uXXXX");
}

std::shared_ptr<const Json> checked_outcome(const Json& outcome) {
  if (!outcome.is_object()) throw util::UsageError("the outcome is not a JSON object");
  require_readable(outcome, "the outcome", kLongestText);
  try {
    (void)util::canonical_json(outcome);
  } catch (const util::Error& error) {
    throw util::UsageError(std::string("the outcome: ") + error.what());
  }
  return std::make_shared<const Json>(outcome);
}

}  // namespace jit::service

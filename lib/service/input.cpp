#include "service/input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/command_line.hpp"
#include "context/document.hpp"
#include "context/time.hpp"
#include "live/section.hpp"
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

bool is_signal(const Json& name) {
  if (!name.is_string()) return false;
  const auto& text = name.get_ref<const std::string&>();
  const auto is_of_a_name = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+';
  };
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), is_of_a_name);
}

// How it ended is what a reader of the trail decides by: not two endings, and in the types that there are.
void require_ending(const Json& outcome) {
  const auto fail = [](const std::string& what) { throw util::UsageError("the outcome: " + what); };
  const Json status = outcome.value("status", Json());
  const Json signal = outcome.value("signal", Json());
  const Json error = outcome.value("error", Json());
  if (!status.is_null() && (!status.is_number_integer() || status < 0 || status > 255))
    fail("status is a number from 0 to 255");
  if (!signal.is_null() && !is_signal(signal)) fail("signal is a name such as TERM");
  if (!error.is_null() && !error.is_string()) fail("error is a text");
  if (!signal.is_null() && !(status.is_null() && error.is_null())) fail("it has a signal and another ending");
  const Json duration = outcome.value("duration_ms", Json());
  if (!duration.is_null() && (!duration.is_number_integer() || duration < 0))
    fail("duration_ms is a number of milliseconds");
  const Json started = outcome.value("started_at", Json());
  if (!started.is_null() && !(started.is_string() && util::parse_rfc3339(started.get<std::string>())))
    fail("started_at is a time as 2026-11-22T10:14:00.000Z");
  const Json recording = outcome.value("recording", Json());
  if (!recording.is_null() && !recording.is_object()) fail("recording is an object");
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
  const auto argv = context::argv_of(*context);
  if (argv.empty()) throw util::UsageError("the context's command has no argv");
  auto checked = std::make_shared<Json>(*context);
  // What people read first is made of what they approve, whatever the client wrote there.
  (*checked)["command"]["line"] = context::shown_line(argv);
  (*checked)["command"]["name"] = util::escape_invalid_utf8(context::command_name(argv));
  // What is found out here is not taken from anybody.
  for (const char* derived : {"systems", "overridden_labels", "activity"}) checked->erase(derived);
  Json& user = (*checked)["user"];
  if (!user.is_object()) user = Json::object();
  user["name"] = by.name;
  (*checked)["time"] = context::time_part(now);
  return checked;
}

std::shared_ptr<const Json> with_warnings(std::shared_ptr<const Json> context,
                                          const std::vector<live::Source>& sources) {
  if (sources.empty()) return context;
  const auto known = context->find("warnings");
  if (known != context->end() && live::is_section(*known)) return context;
  auto completed = std::make_shared<Json>(*context);
  (*completed)["warnings"] = live::section(sources, {});
  return completed;
}

std::shared_ptr<const Json> checked_outcome(const Json& outcome) {
  if (!outcome.is_object()) throw util::UsageError("the outcome is not a JSON object");
  require_readable(outcome, "the outcome", kLongestText);
  require_ending(outcome);
  try {
    (void)util::canonical_json(outcome);
  } catch (const util::Error& error) {
    throw util::UsageError(std::string("the outcome: ") + error.what());
  }
  return std::make_shared<const Json>(outcome);
}

}  // namespace jit::service

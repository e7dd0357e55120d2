#include "store/trail.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "approval/binding.hpp"
#include "approval/document.hpp"
#include "approval/life_cycle.hpp"
#include "approval/subjects.hpp"
#include "context/document.hpp"
#include "context/source.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
using util::Json;

std::optional<std::string> Trail::follow(const Json& entry) {
  const std::string type = entry["type"];
  const std::string id = entry["request"];
  const auto wrong = [&](const std::string& why) {
    return "entry " + entry["seq"].dump() + ": " + why + " (request " + util::visible(id) + ")";
  };
  if (stands_alone(type)) {
    if (id.empty()) return std::nullopt;
    return wrong("\"" + type + "\" is about no request");
  }
  const auto found = m_stories.find(id);
  if (type == "ask" && found != m_stories.end()) return wrong("a request was asked twice");
  if (type != "ask" && found == m_stories.end())
    return wrong("something happened to a request that was never asked");
  const auto why = type == "ask" ? m_stories[id].begin(entry) : found->second.follow(entry);
  return why ? std::optional(wrong(*why)) : std::nullopt;
}

// What approvers are shown, also of what no approval is bound to, must be what they were asked.
std::optional<std::string> Trail::context_difference(const Story& story, const approval::Request& request) {
  const std::string asked = text_of(*story.asked, "context");
  const bool is_asked = asked.empty() || approval::shown_digest(*request.context).text() == asked;
  if (!is_asked || approval::bound_digest(*request.context) != request.digest)
    return "its context is not the one that it was asked with";
  // Who asked, and the words of the command, are what its digest is of, and so what a signature is about; the
  // line that people read is not, and is made of the words.
  const Json* user = context::find_in(*request.context, "user.name");
  if (user != nullptr && *user != request.requester) return "its requester is not who its context says it is";
  const Json* line = context::find_in(*request.context, "command.line");
  const Json shown = line == nullptr ? Json() : *line;
  if (story.asked->value("line", Json()) != shown) return "its line is not that of the trail";
  const auto argv = context::argv_of(*request.context);
  if (!argv.empty() && shown != context::shown_line(argv))
    return "its line is not that of the command it would run";
  return std::nullopt;
}

// What was recorded must be of a use that began, and what was reported. Until then a recording has no hash.
std::optional<std::string> Trail::recording_difference(const Story& story, const approval::Request& request,
                                                       Store& store) {
  const approval::RequestId& id = request.id;
  const auto uses = store.recorded_uses(id);
  const std::set<int> recorded(uses.begin(), uses.end());
  for (const int use : recorded) {
    if (use < 1 || use > approval::uses_begun(request))
      return "there is a recording of its use " + std::to_string(use) + ", which never began";
  }
  for (const auto& [use, hash] : story.recordings) {
    util::Sha256 sha256;
    store.read_recording(id, use, [&](std::string_view bytes) { sha256.update(bytes); });
    const std::string found = sha256.finish();
    const bool is_empty = store.recording_size(id, use) == 0;
    const bool is_there = !is_empty || recorded.contains(use);
    if (hash.empty() ? is_there : found != hash)
      return "the recording of its use " + std::to_string(use) + " is not the one that was reported";
  }
  return std::nullopt;
}

std::optional<std::string> Trail::difference(const Story& story, const approval::Request& request) {
  const Json stored = approval::to_stored_json(request);
  const auto differs = [](const std::string& what, const std::string& is, const std::string& was) {
    return what + " is " + util::visible(is) + " in the store, but " + util::visible(was) + " in the trail";
  };
  if (stored["state"] != story.state) return differs("its state", stored["state"], story.state);
  if (request.requester != story.requester)
    return differs("its requester", request.requester, story.requester);
  for (const char* key : {"digest", "rules", "requirement", "expires_at"}) {
    const Json was = story.asked->value(key, Json());
    if (stored[key] != was) return differs(std::string("its ") + key, stored[key].dump(), was.dump());
  }
  if (request.reason != text_of(*story.asked, "reason")) return "its reason is not that of the trail";
  if (request.ticket != text_of(*story.asked, "ticket")) return "its ticket is not that of the trail";
  const auto uses_left = story.uses_left.value_or(request.requirement.uses);
  if (request.uses_left != uses_left) {
    return differs("its number of uses left", std::to_string(request.uses_left), std::to_string(uses_left));
  }
  const std::string valid_until = request.valid_until ? util::to_rfc3339(*request.valid_until) : "";
  if (valid_until != story.valid_until)
    return differs("until when it is approved", valid_until, story.valid_until);
  const std::string review_by = request.review_by ? util::to_rfc3339(*request.review_by) : "";
  if (review_by != story.review_by)
    return differs("until when it is to be reviewed", review_by, story.review_by);
  if (story.outcome && stored["outcome"] != *story.outcome) return "its outcome is not that of the trail";
  std::vector<int> reported = request.reported;
  std::sort(reported.begin(), reported.end());
  if (!std::equal(reported.begin(), reported.end(), story.recordings.begin(), story.recordings.end(),
                  [](int use, const auto& recording) { return use == recording.first; }))
    return "the uses that were reported are not those of the trail";
  std::map<std::string, std::string> reviews;
  for (const auto& review : request.reviews)
    reviews[review.reviewer] = approval::to_text(review.verdict) +
                               (review.signature ? approval::to_json(review.signature).dump() : "");
  if (reviews != story.reviews) return "its reviews are not those of the trail";
  return std::nullopt;
}

// No request is found as another command than its own (`commands`: by request; those of an earlier form of
// the store are found as none).
std::optional<std::string> Trail::command_difference(const std::map<std::string, std::string>& commands,
                                                     Store& store) {
  std::optional<std::string> problem;
  store.read_commands([&](const std::string& id, const std::string& fingerprint) {
    const auto own = commands.find(id);
    if (!problem && (own == commands.end() || own->second != fingerprint))
      problem = "request " + util::visible(id) + ": it is found as a command that it is not";
  });
  return problem;
}

std::optional<std::string> Trail::compare(Store& store) const {
  std::size_t stored = 0;
  std::map<std::string, std::string> commands;
  for (const auto& id : store.find_prefix("", 0)) {
    const std::string name = "request " + id.text() + ": ";
    const auto story = m_stories.find(id.text());
    if (story == m_stories.end()) return name + "it is in the store, but not in the trail: the trail was cut";
    ++stored;
    try {
      const auto request = store.get(id);
      if (!request) return name + "its context is missing";
      if (const auto problem = difference(story->second, *request)) return name + *problem;
      const std::string text = store.stored_text(id);
      if (!story->second.stored.empty() && util::Digest::of(text).text() != story->second.stored)
        return name + "it is not as its last entry left it";
      if (const auto problem = context_difference(story->second, *request)) return name + *problem;
      if (const auto problem = recording_difference(story->second, *request, store)) return name + *problem;
      // Policies may decide by what else goes on.
      if (const auto problem = store.why_not_in_activity(*request, story->second.started_at))
        return name + *problem;
      commands[id.text()] = approval::command_fingerprint(*request->context);
    } catch (const util::Error& error) {
      return name + error.what();
    }
  }
  if (const auto problem = command_difference(commands, store)) return problem;
  for (const std::string& id : store.recorded_requests()) {
    if (!m_stories.contains(id))
      return "there is a recording of request " + util::visible(id) + ", which was never asked";
  }
  if (stored == m_stories.size()) return std::nullopt;
  for (const auto& [text, story] : m_stories) {
    const auto id = approval::RequestId::parse(text);
    if (!id || !store.get(*id))
      return "request " + util::visible(text) + ": it is in the trail, but not in the store";
  }
  return std::nullopt;
}

}  // namespace jit::store

#include "store/trail.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "approval/binding.hpp"
#include "approval/document.hpp"
#include "approval/life_cycle.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

using util::Json;

// Entries of these types stand for themselves: there is no request.
bool stands_alone(const std::string& type) {
  return type == "allowed" || type == "token_created" || type == "token_revoked" || type == "restored";
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string signature_in(const Json& data) {
  const auto found = data.find("signature");
  return found == data.end() ? "" : found->dump();
}

}  // namespace

std::optional<std::string> Trail::follow(const Json& entry) {
  const std::string type = entry["type"];
  if (stands_alone(type)) return std::nullopt;
  const std::string id = entry["request"];
  const std::string actor = entry["actor"];
  const Json& data = entry["data"];
  const auto wrong = [&](const std::string& why) {
    return "entry " + entry["seq"].dump() + ": " + why + " (request " + util::visible(id) + ")";
  };
  if (type == "ask") {
    if (m_stories.contains(id)) return wrong("a request was asked twice");
    m_stories[id] = {
        actor, text_of(data, "state"), std::make_shared<const Json>(data), text_of(data, "stored"), {}};
    return std::nullopt;
  }
  const auto found = m_stories.find(id);
  if (found == m_stories.end()) return wrong("something happened to a request that was never asked");
  Story& story = found->second;
  if (const auto why = out_of_turn(story, type, data)) return wrong(*why);
  story.state = text_of(data, "state");
  story.stored = text_of(data, "stored");
  if (const std::string replaced = text_of(data, "replaces"); !replaced.empty())
    story.reviews.erase(replaced);
  if (type == "approve") story.reviews[actor] = "approve" + signature_in(data);
  if (type == "deny" || type == "revoke") story.reviews[actor] = "deny";
  if (type == "acknowledge" || type == "dispute") story.reviews[actor] = type;
  if (type == "report") follow_report(story, data);
  if (type == "break_glass") story.review_by = text_of(data, "review_by");
  if ((type == "claim" || type == "break_glass") && data.contains("uses_left") &&
      data["uses_left"].is_number_integer()) {
    story.uses_left = data["uses_left"].get<int>();
  }
  return std::nullopt;
}

// What the life cycle (design: a request's life) would never have done. So an approval that somebody has used
// twice by turning the request back is found in the trail, which nobody can turn back.
std::optional<std::string> Trail::out_of_turn(const Story& story, const std::string& type, const Json& data) {
  static const std::map<std::string, std::set<std::string>> kFrom = {
      {"approve", {"pending"}},
      {"deny", {"pending"}},
      {"expire", {"pending"}},
      {"break_glass", {"pending"}},
      {"withdraw", {"pending", "approved"}},
      {"revoke", {"approved"}},
      {"lapse", {"approved"}},
      {"changed", {"approved"}},
      {"claim", {"approved"}},
  };
  const auto from = kFrom.find(type);
  if (from != kFrom.end() && !from->second.contains(story.state))
    return "\"" + type + "\" happened to a request that was " + util::visible(story.state);
  if (type != "claim") return std::nullopt;
  const Json requirement = story.asked->value("requirement", Json());
  const Json uses = requirement.is_object() ? requirement.value("uses", Json()) : Json();
  if (!uses.is_number_integer() || !data.value("uses_left", Json()).is_number_integer()) return std::nullopt;
  if (data["uses_left"] != story.uses_left.value_or(uses.get<int>()) - 1)
    return "it was used more often than it was approved for";
  return std::nullopt;
}

void Trail::follow_report(Story& story, const Json& data) {
  story.outcome = std::make_shared<const Json>(data.value("outcome", Json()));
  const Json use = data.value("use", Json());
  if (!use.is_number_integer()) return;  // of a time when nothing was recorded
  const bool has = story.outcome->is_object() && story.outcome->contains("recording");
  story.recordings[use.get<int>()] = has ? text_of((*story.outcome)["recording"], "sha256") : "";
}

// What approvers are shown, also of what no approval is bound to, must be what they were asked.
std::optional<std::string> Trail::context_difference(const Story& story, const approval::Request& request) {
  const std::string asked = text_of(*story.asked, "context");
  const bool is_asked = asked.empty() || approval::shown_digest(*request.context).text() == asked;
  if (is_asked && approval::bound_digest(*request.context) == request.digest) return std::nullopt;
  return "its context is not the one that it was asked with";
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
  const int uses_left = story.uses_left.value_or(request.requirement.uses);
  if (request.uses_left != uses_left) {
    return differs("its number of uses left", std::to_string(request.uses_left), std::to_string(uses_left));
  }
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

std::optional<std::string> Trail::compare(Store& store) const {
  std::size_t stored = 0;
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
    } catch (const util::Error& error) {
      return name + error.what();
    }
  }
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

#include "store/story.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "approval/quorum.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

using util::Json;

using States = std::set<std::string>;

// All that approval::apply does: event → the state before → the states after. What is not here never happens.
const std::map<std::string, std::map<std::string, States>>& life() {
  static const std::map<std::string, std::map<std::string, States>> kLife = {
      {"ask", {{"", {"pending"}}}},
      {"approve", {{"pending", {"pending", "approved"}}}},
      {"deny", {{"pending", {"pending", "denied"}}}},
      {"expire", {{"pending", {"expired"}}}},
      {"withdraw", {{"pending", {"withdrawn"}}, {"approved", {"withdrawn"}}}},
      {"break_glass", {{"pending", {"started"}}}},
      {"revoke", {{"approved", {"revoked"}}}},
      {"lapse", {{"approved", {"lapsed"}}}},
      {"changed", {{"approved", {"changed"}}}},
      {"claim", {{"approved", {"approved", "started"}}}},
      // An earlier use of what is good for several may end whatever has become of the rest.
      {"report",
       {{"started", {"started", "finished"}},
        {"approved", {"approved"}},
        {"withdrawn", {"withdrawn"}},
        {"revoked", {"revoked"}},
        {"lapsed", {"lapsed"}},
        {"changed", {"changed"}}}},
      {"acknowledge", {{"started", {"started"}}, {"finished", {"finished"}}}},
      {"dispute", {{"started", {"started"}}, {"finished", {"finished"}}}},
  };
  return kLife;
}

std::optional<std::string> out_of_turn(const std::string& type, const std::string& before,
                                       const std::string& after) {
  const std::string event = "\"" + util::visible(type) + "\"";
  const auto turns = life().find(type);
  if (turns == life().end()) return "nobody knows what " + event + " is";
  const auto turn = turns->second.find(before);
  if (turn == turns->second.end()) return event + " happened to a request that was " + util::visible(before);
  if (turn->second.contains(after)) return std::nullopt;
  return event + " never leaves a request " + (after.empty() ? "in no state" : util::visible(after));
}

bool is_same(const std::string& one, const std::string& other) {
  return approval::same_person(one, "", other, "");
}

std::string signature_in(const Json& data) {
  const auto found = data.find("signature");
  return found == data.end() ? "" : found->dump();
}

}  // namespace

bool stands_alone(const std::string& type) {
  static const std::set<std::string> kAlone = {"allowed", "token_created", "token_revoked", "restored"};
  return kAlone.contains(type);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<std::string> Story::begin(const Json& entry) {
  const Json& data = entry["data"];
  requester = entry["actor"];
  state = text_of(data, "state");
  asked = std::make_shared<const Json>(data);
  stored = text_of(data, "stored");
  deadline = util::parse_rfc3339(text_of(data, "expires_at"));
  return out_of_turn("ask", "", state);
}

std::optional<std::string> Story::follow(const Json& entry) {
  const std::string type = entry["type"];
  const std::string actor = entry["actor"];
  const Json& data = entry["data"];
  const auto at = util::parse_rfc3339(entry["at"].get<std::string>());
  if (!at) return "its time is none";
  if (auto why = out_of_turn(type, state, text_of(data, "state"))) return why;
  if (auto why = out_of_time(type, *at)) return why;
  if (auto why = by_nobody_who_may(type, actor)) return why;
  if (auto why = misuse(type, data)) return why;
  if (type == "report") {
    if (auto why = misreport(data)) return why;
  }
  take(type, actor, data, *at);
  return std::nullopt;
}

Json Story::required(const char* key) const {
  const Json requirement = asked->value("requirement", Json());
  return requirement.is_object() ? requirement.value(key, Json()) : Json();
}

// Whatever happens to a request, its time comes first (approval::settle).
std::optional<std::string> Story::out_of_time(const std::string& type, const util::Time& at) const {
  if (state != "pending" && state != "approved") return std::nullopt;
  const bool is_passed = !deadline || at >= *deadline;
  const bool is_end = type == "expire" || type == "lapse";
  if (is_passed == is_end) return std::nullopt;
  return "\"" + type + "\" happened " + (is_passed ? "after" : "before") + " its time was over";
}

std::optional<std::string> Story::by_nobody_who_may(const std::string& type, const std::string& actor) const {
  const auto did = [&](const std::string& what) { return util::visible(actor) + " " + what; };
  if ((type == "claim" || type == "changed" || type == "break_glass") && actor != requester)
    return did("started it, and not who asked");
  if (type == "approve" && required("self") != Json(true) && is_same(actor, requester))
    return did("approved what was their own");
  if (type != "acknowledge" && type != "dispute") return std::nullopt;
  if (review_by.empty()) return did("reviewed it afterwards, but it had not run by break-glass");
  return is_same(actor, requester) ? std::optional(did("reviewed what was their own")) : std::nullopt;
}

std::optional<std::string> Story::misuse(const std::string& type, const Json& data) const {
  if (type != "claim" && type != "break_glass") return std::nullopt;
  const bool is_claim = type == "claim";
  const bool any_of_rule = is_claim && required("scope") == "rule";
  if (!any_of_rule && data.value("digest", Json()) != asked->value("digest", Json()))
    return "what was started is not what was asked for";
  if (!is_claim && (required("break_glass").is_null() || text_of(*asked, "reason").empty()))
    return "it ran by break-glass, which its rules do not permit or for no reason";
  const Json uses = required("uses");
  const std::int64_t before = uses_left.value_or(uses.is_number_integer() ? uses.get<std::int64_t>() : 1);
  const std::int64_t left = is_claim ? before - 1 : 0;
  if (left < 0 || data.value("uses_left", Json()) != left)
    return "it was used more often than it was approved for";
  if (text_of(data, "state") != (left == 0 ? "started" : "approved"))
    return "it has " + util::counted(static_cast<std::size_t>(left), "use") + " left and is " +
           util::visible(text_of(data, "state"));
  return std::nullopt;
}

std::optional<std::string> Story::misreport(const Json& data) const {
  if (begun < 1) return "an outcome was reported of what was never started";
  const Json use = data.value("use", Json());
  if (!use.is_number_integer()) return std::nullopt;  // of a time when nothing was recorded
  if (use < 1 || use > begun || recordings.contains(use.get<std::int64_t>()))
    return "the outcome of its use " + use.dump() + ", which is over or never began, was reported";
  const bool all_over = recordings.size() + 1 == static_cast<std::size_t>(begun);
  if (state == "started" && (text_of(data, "state") == "finished") != all_over)
    return "it is " + util::visible(text_of(data, "state")) + " though not every use, or every use, is over";
  return std::nullopt;
}

void Story::take(const std::string& type, const std::string& actor, const Json& data, util::Time at) {
  state = text_of(data, "state");
  stored = text_of(data, "stored");
  if (const std::string replaced = text_of(data, "replaces"); !replaced.empty()) reviews.erase(replaced);
  if (type == "approve") reviews[actor] = "approve" + signature_in(data);
  if (type == "deny" || type == "revoke") reviews[actor] = "deny";
  if (type == "acknowledge" || type == "dispute") reviews[actor] = type;
  if (type == "approve" && state == "approved") {
    const Json valid_for = required("valid_for");
    const auto length = util::parse_duration(valid_for.is_string() ? valid_for.get<std::string>() : "");
    deadline = length ? std::optional(at + *length) : std::nullopt;
    valid_until = deadline ? util::to_rfc3339(*deadline) : "";
  }
  if (type == "break_glass") review_by = text_of(data, "review_by");
  if (type == "claim" || type == "break_glass") {
    uses_left = data["uses_left"].get<std::int64_t>();
    ++begun;
    started_at = at;
  }
  if (type == "report") take_report(data);
}

void Story::take_report(const Json& data) {
  outcome = std::make_shared<const Json>(data.value("outcome", Json()));
  const Json use = data.value("use", Json());
  if (!use.is_number_integer()) return;
  const bool has = outcome->is_object() && outcome->contains("recording");
  recordings[use.get<std::int64_t>()] = has ? text_of((*outcome)["recording"], "sha256") : "";
}

}  // namespace jit::store

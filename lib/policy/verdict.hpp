#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::policy {

/// What a rule says. The zero value is the safe one, and a larger value is a weaker one: the strictest is the
/// smallest.
enum class Effect { deny = 0, ask = 1, allow = 2 };
std::string to_text(Effect effect);

/// The group name that stands for everybody.
inline constexpr const char* kAnyone = "anyone";

/// The group name that stands, in a rule, for the owners of each system that the command is about.
inline constexpr const char* kOwners = "owners";
/// The group of those who own one system.
std::string owners_of(const std::string& system);

/// A part of the world that a command is about, as the policies define it.
struct System {
  std::string name, environment, link;  // the last two may be empty
  std::vector<std::string> owners{};    // groups and people, as they are written
  friend bool operator==(const System&, const System&) = default;
};
/// [{"environment", "link", "name", "owners"}]; what a system does not have is null.
util::Json to_json(const std::vector<System>& systems);

/// Who may run first and be reviewed afterwards.
struct BreakGlass {
  std::vector<std::vector<std::string>> from;  // lists of groups: one is in a group of each
  util::Millis review_within{};                // from the start
  friend bool operator==(const BreakGlass&, const BreakGlass&) = default;
};

/// A program whose output the approvers are shown and the approval is bound to.
struct Preview {
  std::string rule;               // that wants it
  std::vector<std::string> argv;  // for the action that was judged; as far as it could be told
  std::string why;                // why it cannot be made of this action; empty when it can
  util::Millis timeout{};
  std::vector<std::string> ignore;  // RE2; a line in which one of them is found is shown and not bound
  std::vector<int> exits;           // the exit codes with which the output counts
  friend bool operator==(const Preview&, const Preview&) = default;
};

/// What is kept of how the command ran. A larger value keeps more: the strictest is the largest.
enum class Record { none = 0, outcome = 1, session = 2 };
std::string to_text(Record record);
std::optional<Record> parse_record(std::string_view text);

/// Whom to tell of a request, by the names of the policies' channels. It decides nothing.
struct Notices {
  std::vector<std::string> to;
  std::optional<util::Millis> remind_after{};    // from the asking, while nothing is decided
  std::optional<util::Millis> escalate_after{};  // the same; then these hear of it, too
  std::vector<std::string> escalate_to{};
  bool empty() const { return to.empty() && escalate_to.empty(); }
  friend bool operator==(const Notices&, const Notices&) = default;
};

/// Who must approve, how many, how long, under which conditions.
struct Requirement {
  using Seats = std::map<std::string, int>;  // group → how many of it
  std::vector<Seats> from;                   // alternatives; one of them must be filled. Empty: one of anyone
  bool self = false;                         // whether the requester's own review counts
  util::Millis expires{std::chrono::minutes{30}};
  util::Millis valid_for{std::chrono::minutes{10}};
  int uses = 1;
  int deny_threshold = 1;
  bool reason = false;
  std::vector<std::string> tickets;  // RE2; the ticket must match each of them as a whole
  bool signatures = false;           // whether only signed approvals count
  std::optional<BreakGlass> break_glass{};
  bool bind_input = false;   // standard input is a part of what is approved
  bool any_of_rule = false;  // an approval is good for whatever these rules ask about, not for one action
  std::vector<Preview> previews{};  // in the order in which they are made
  Record record = Record::none;
  Notices notices{};

  /// `from`, with the empty list spelled out as one of anyone.
  std::vector<Seats> alternatives() const;
  friend bool operator==(const Requirement&, const Requirement&) = default;
};
/// {"from": [...], "self": false, "expires": "15m", "valid_for": "5m", "uses": 1, "deny_threshold": 1,
///  "reason": true, "tickets": [...]}, where it is so "signed": true, and "break_glass": {"from":
///  [["oncall"]], "review_within": "1d"}, "scope": "rule", "record": "session", "bind": ["stdin"], "notify":
///  ["ops"], "remind_after": "5m", "escalate": {"after": "10m", "to": ["oncall"]} and "preview":
///  [{"rule", "argv", "timeout", "ignore", "exit", and where it cannot be made "why"}]; and back (throws
///  Error when it is not of that form).
util::Json to_json(const Requirement& requirement);
Requirement requirement_from_json(const util::Json& json);

/// What a policy set says about a context. Default-made it denies.
struct Verdict {
  Effect effect = Effect::deny;
  std::vector<std::string> rules;  // those of the winning effect, in order, without repeats
  Requirement requirement;         // for ask
  std::string message;             // the rules' messages, joined by newline; empty for none
  std::map<std::string, std::string> labels;
  /// That the command is about; known where it asks, and where it is explained or was added (add_systems).
  std::vector<System> systems{};
  /// For ask: why nobody could approve, however many people there are; empty otherwise.
  std::string unapprovable{};
};

/// Stricter effect wins; several asks combine (counts maximum per group, alternatives multiplied out,
/// shortest times, smallest uses and threshold, all conditions).
Verdict combine(const Verdict& a, const Verdict& b);

}  // namespace jit::policy

#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::store {

/// Where the entries of one request have left it. `begin` and `follow` give, in words, what the life cycle
/// (design: a request's life) would never have done: so an approval that somebody has used twice by turning
/// the request back, or that nobody gave, is found in the trail, which nobody can turn back.
struct Story {
  std::string requester, state;
  std::shared_ptr<const util::Json> asked;      // the data of its first entry
  std::string stored{};                         // the digest of the text that it has since its last entry
  std::map<std::string, std::string> reviews;   // reviewer → verdict
  std::optional<std::int64_t> uses_left{};      // after a claim, or break-glass
  int begun = 0;                                // how often it was started
  util::Time started_at{};                      // when it last was
  std::optional<util::Time> deadline{};         // of the state that it is in
  std::string valid_until{};                    // after the approval
  std::string review_by{};                      // after break-glass
  std::shared_ptr<const util::Json> outcome{};  // the last that was reported
  // Each use that was reported → the hash of what was recorded of it, "" for nothing.
  std::map<std::int64_t, std::string> recordings{};

  /// With the entry of type "ask". The form of entries is that of audit::Verifier::check.
  std::optional<std::string> begin(const util::Json& entry);
  /// With each one after it.
  std::optional<std::string> follow(const util::Json& entry);

 private:
  util::Json required(const char* key) const;
  std::optional<std::string> out_of_time(const std::string& type, const util::Time& at) const;
  std::optional<std::string> by_nobody_who_may(const std::string& type, const std::string& actor) const;
  std::optional<std::string> misuse(const std::string& type, const util::Json& data) const;
  std::optional<std::string> misreport(const util::Json& data) const;
  void take(const std::string& type, const std::string& actor, const util::Json& data, util::Time at);
  void take_report(const util::Json& data);
};

/// True for entries that stand for themselves: there is no request.
bool stands_alone(const std::string& type);

/// The text of a member of an object, empty where it has none.
std::string text_of(const util::Json& object, const char* key);

}  // namespace jit::store

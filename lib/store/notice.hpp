#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "util/time.hpp"

namespace jit::store {

/// That somebody is to be told of a request, through one channel of the policies: a row of the outbox,
/// written with what it tells of.
struct Notice {
  std::int64_t number = 0;  // the store gives it; rising
  std::string request, channel;
  std::string event;     // a transition's type, "remind" or "escalate"
  std::string about;     // JSON: {"actor": "bob", "state": "denied", "message": "…", …}
  util::Time made_at{};  // when it could first be told
  util::Time due_at{};   // when to try (next)
  int attempts = 0;
  std::string problem{};  // of the last try; empty: none
};

/// What came of one try to tell.
struct Told {
  enum class Result { later, delivered, given_up };
  std::int64_t number = 0;
  Result result = Result::later;
  util::Time at{};
  util::Time due_at{};                     // for `later`: the next try
  std::string problem{};                   // in words; empty: none
  std::optional<std::string> reference{};  // what the channel calls its message, for what follows it
};

/// How one channel has done, of what is not older than a week.
struct ChannelStatus {
  std::string channel;
  std::int64_t delivered = 0, waiting = 0, given_up = 0;
  std::string problem;                   // the last one there was
  std::optional<util::Time> problem_at;  // when
};

}  // namespace jit::store

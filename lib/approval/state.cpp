#include <array>

#include "approval/request.hpp"

namespace jit::approval {

std::string to_text(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::approved:
      return "approved";
    case State::denied:
      return "denied";
    case State::expired:
      return "expired";
    case State::withdrawn:
      return "withdrawn";
    case State::revoked:
      return "revoked";
    case State::lapsed:
      return "lapsed";
    case State::changed:
      return "changed";
    case State::started:
      return "started";
    case State::finished:
      return "finished";
  }
  return "unknown";
}

std::optional<State> parse_state(std::string_view text) {
  constexpr std::array kAll{State::pending, State::approved, State::denied,  State::expired, State::withdrawn,
                            State::revoked, State::lapsed,   State::changed, State::started, State::finished};
  for (const State state : kAll) {
    if (to_text(state) == text) return state;
  }
  return std::nullopt;
}

bool is_over(State state) {
  switch (state) {
    case State::pending:
    case State::approved:
      return false;
    case State::denied:
    case State::expired:
    case State::withdrawn:
    case State::revoked:
    case State::lapsed:
    case State::changed:
    case State::started:
    case State::finished:
      return true;
  }
  return true;
}

std::string to_text(ReviewVerdict verdict) {
  switch (verdict) {
    case ReviewVerdict::deny:
      return "deny";
    case ReviewVerdict::approve:
      return "approve";
    case ReviewVerdict::acknowledge:
      return "acknowledge";
    case ReviewVerdict::dispute:
      return "dispute";
  }
  return "unknown";
}

std::optional<ReviewVerdict> parse_review_verdict(std::string_view text) {
  for (const auto verdict :
       {ReviewVerdict::deny, ReviewVerdict::approve, ReviewVerdict::acknowledge, ReviewVerdict::dispute}) {
    if (to_text(verdict) == text) return verdict;
  }
  return std::nullopt;
}

}  // namespace jit::approval

#pragma once
#include <string>

#include "approval/request.hpp"

namespace jit::server {

/// What somebody did in Slack, as its interactivity payloads (block_actions, view_submission) say it.
struct SlackAct {
  enum class What {
    approve,  // clicked, and confirmed
    deny,     // clicked: the dialog is to be opened
    reason    // given in the dialog
  };
  What what = What::deny;
  std::string team, user, user_team;  // Slack's ids; user_team may be empty
  std::string request, digest;        // what the button was made for
  std::string channel;                // of the policies, whose message it is in
  std::string trigger;                // of a click: opens a dialog
  std::string place;                  // of a click: Slack's id of the channel
  std::string reason;                 // as typed

  bool is_click() const { return what != What::reason; }
};

/// Reads a form with one field, `payload`, which holds JSON. Throws util::Error for anything else, and for
/// what none of our messages could have sent.
SlackAct read_slack_act(const std::string& content_type, const std::string& body);

}  // namespace jit::server

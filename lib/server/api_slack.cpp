// What people click in Slack: the same review as by any other door, with answers as Slack shows them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/by_button.hpp"
#include "server/api.hpp"
#include "server/input.hpp"
#include "server/slack_payload.hpp"
#include "service/errand.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::server {
namespace {

using approval::ByButton;
using approval::RequestId;
using approval::ReviewVerdict;
using approval::View;
using service::Errand;
using util::Json;
using What = SlackAct::What;

constexpr const char* kSlack = "(slack)";  // no user's name: beside theirs among the replies that are kept

Errand errand_for(const SlackAct& act, Errand::Kind kind) {
  return {kind, act.channel, act.request, act.digest, act.trigger, act.place, act.user, ""};
}

// All that Slack wants to hear: it shows nothing of it.
Reply taken() {
  return {200, {{"Content-Type", "text/plain"}}, ""};
}

// What only the one who acted is told: below the dialog's field, or beside the message.
Reply told(const SlackAct& act, const std::string& text) {
  constexpr std::size_t kLongest = 600;
  const std::string visible = util::visible(text).substr(0, kLongest);
  Reply reply = taken();
  if (act.is_click()) {
    Errand errand = errand_for(act, Errand::Kind::say);
    errand.text = visible;
    reply.errand = service::line_of(errand);
  } else {
    reply = json_reply(200, {{"response_action", "errors"}, {"errors", {{"reason", visible}}}});
  }
  reply.why = visible;
  return reply;
}

Reply dialog(const SlackAct& act) {
  Reply reply = taken();
  reply.errand = service::line_of(errand_for(act, Errand::Kind::ask_reason));
  return reply;
}

// Who has reviewed it meanwhile, for somebody whose message still shows it as it was.
std::string meanwhile(const View& view) {
  std::string text;
  for (const auto& review : view.request.reviews)
    text += (text.empty() ? "; so far: " : ", ") + review.reviewer + " (" + to_text(review.verdict) + ")";
  return text;
}

// Why this is not decided by a button, whatever the person may; empty where it is.
std::string why_not_here(const SlackAct& act, const View& view) {
  const auto& request = view.request;
  if (request.digest != util::Digest(act.digest))
    return "this button was made for something else: look with jit-approve show " + request.id.text();
  if (request.state != approval::State::pending) return "";  // the review says what it is now
  if (request.requirement.signatures)
    return "only signed approvals count for this request: " + approval::approve_line(request);
  if (act.what == What::approve && by_button(request) != ByButton::approve_or_deny)
    return "not all that decides fits into a message: look with jit-approve show " + request.id.text() +
           ", then " + approval::approve_line(request);
  return "";
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

// Answered once: the same signature again is a replay, for longer than its age lets it pass, and also after
// a restart.
Reply Api::slack(const Message& message) {
  const std::string signature = message.header("x-slack-signature");
  Reply reply;
  try {
    m_store.write([&](store::Transaction& transaction) {
      if (transaction.find_reply(kSlack, signature)) {
        reply = problem(401, "replayed", "this was answered before", "Slack does not send anything twice");
        reply.headers["WWW-Authenticate"] = "Slack-Signature";
        return;
      }
      const auto act = read([&] { return read_slack_act(message.header("content-type"), message.body); });
      reply = answer(act);
      reply.user = m_slack.users.contains(act.user) ? m_slack.users.at(act.user) : "";
      transaction.keep({kSlack, signature, util::sha256(message.body), "null"});
    });
  } catch (const Bad& wrong) {
    return wrong.reply;
  }
  return reply;
}

Reply Api::answer(const SlackAct& act) {
  if (act.team != m_slack.team || (!act.user_team.empty() && act.user_team != m_slack.team))
    return told(act, "decisions are not taken from your workspace here (" +
                         (act.user_team.empty() ? act.team : act.user_team) + "): use jit-approve");
  const auto user = m_slack.users.find(act.user);
  if (user == m_slack.users.end())
    return told(act, "nobody here knows whom you are: ask an operator to add slack_users: {" + act.user +
                         ": YOUR-NAME} to the server's configuration, or use jit-approve");
  const auto id = RequestId::parse(act.request);
  const auto view = id ? service().get(*id) : std::nullopt;
  if (!view) return told(act, "there is no such request any more");
  if (const auto why = why_not_here(act, *view); !why.empty()) return told(act, why);
  if (act.what == What::reason && is_blank(act.reason)) return told(act, "say why: the requester reads it");
  // To somebody who comes too late no dialog is shown.
  if (act.what == What::deny && view->request.state == approval::State::pending) return dialog(act);
  const approval::Actor actor{user->second, "", false, "slack:" + act.user};
  return decided(act, *view, actor);
}

Reply Api::decided(const SlackAct& act, const View& before, const approval::Actor& actor) {
  const auto verdict = act.what == What::approve ? ReviewVerdict::approve : ReviewVerdict::deny;
  std::variant<View, service::Refusal, service::NoSuchRequest> changed = service::NoSuchRequest{};
  try {
    changed = service().review(actor, before.request.id, verdict, act.reason);
  } catch (const util::UsageError& error) {
    return told(act, error.what());  // of what was typed
  }
  if (const auto* refusal = std::get_if<service::Refusal>(&changed))
    return told(act, refusal->text + meanwhile(before));
  const auto* view = std::get_if<View>(&changed);
  if (view == nullptr) return told(act, "there is no such request any more");
  count_decision(*view);
  Reply reply = taken();
  reply.request = view->request.id.text();
  reply.state = to_text(view->request.state);
  return reply;
}

}  // namespace jit::server

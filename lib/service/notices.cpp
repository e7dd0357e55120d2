#include "service/notices.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace jit::service {
namespace {

using approval::Request;
using approval::State;
using approval::Transition;

// What a message tells of the event; the rest it reads from the request. Never a signature, or the context.
std::string about(const Transition& transition) {
  util::Json told = {{"actor", transition.actor}, {"state", to_text(transition.request.state)}};
  for (const char* key : {"message", "differences", "line", "outcome"}) {
    if (transition.data && transition.data->contains(key)) told[key] = transition.data->at(key);
  }
  return util::compact_json(told);
}

class Writer {
 public:
  Writer(const Transition& transition, util::Time now)
      : m_request(transition.request), m_about(about(transition)), m_now(now) {}

  void add(const std::vector<std::string>& channels, const std::string& event, util::Time due) {
    for (const auto& channel : channels)
      m_notices.push_back({0, m_request.id.text(), channel, event, m_about, due, due});
  }

  // When nobody decides until then; what comes after the end is told to nobody.
  void add_later(const std::vector<std::string>& channels, const std::string& event,
                 const std::optional<util::Millis>& after) {
    if (after && m_now + *after < m_request.expires_at) add(channels, event, m_now + *after);
  }

  std::vector<store::Notice> take() { return std::move(m_notices); }

 private:
  const Request& m_request;
  std::string m_about;
  util::Time m_now;
  std::vector<store::Notice> m_notices;
};

// Who has heard of the request by now.
std::vector<std::string> hearers(const Request& request, util::Time now) {
  const auto& notices = request.requirement.notices;
  auto all = notices.to;
  if (!notices.escalate_after || now < request.created_at + *notices.escalate_after) return all;
  for (const auto& channel : notices.escalate_to) {
    if (std::find(all.begin(), all.end(), channel) == all.end()) all.push_back(channel);
  }
  return all;
}

}  // namespace

std::vector<store::Notice> notices_of(const Transition& transition, util::Time now) {
  const Request& request = transition.request;
  const auto& notices = request.requirement.notices;
  Writer writer(transition, now);
  if (transition.type != "ask") {
    writer.add(hearers(request, now), transition.type, now);
    return writer.take();
  }
  writer.add(notices.to, transition.type, now);
  writer.add_later(notices.to, "remind", notices.remind_after);
  writer.add_later(notices.escalate_to, "escalate", notices.escalate_after);
  return writer.take();
}

void tell(store::Transaction& transaction, const Transition& transition) {
  const Request& request = transition.request;
  if (request.requirement.notices.empty()) return;
  // By break-glass it began in this very transaction: nobody is asked any more.
  if (request.state != State::pending) transaction.drop_notices(request.id, transition.type == "break_glass");
  for (const auto& notice : notices_of(transition, transaction.now())) transaction.tell(notice);
}

}  // namespace jit::service

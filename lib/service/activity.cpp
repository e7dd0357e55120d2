#include "service/activity.hpp"

#include <nlohmann/json.hpp>

#include "approval/subjects.hpp"
#include "context/document.hpp"
#include "policy/systems.hpp"
#include "service/service.hpp"

namespace jit::service {

using util::Json;

Json to_json(const store::Activity& activity) {
  Json runs = Json::array();
  for (const auto& run : activity.runs)
    runs.push_back({{"at", util::to_rfc3339(run.at)},
                    {"by", run.by},
                    {"state", approval::to_text(run.state)},
                    {"status", run.status ? Json(*run.status) : Json()}});
  Json in_flight = Json::array();
  for (const auto& other : activity.in_flight)
    in_flight.push_back({{"id", other.id.text()},
                         {"requester", other.requester},
                         {"state", approval::to_text(other.state)},
                         {"systems", other.systems}});
  return {{"requests_24h", activity.day.requests},
          {"denied_24h", activity.day.denied},
          {"break_glass_24h", activity.day.break_glass},
          {"requests_7d", activity.week.requests},
          {"denied_7d", activity.week.denied},
          {"break_glass_7d", activity.week.break_glass},
          {"running", activity.running},
          {"waiting", activity.waiting},
          {"last_runs", std::move(runs)},
          {"in_flight", std::move(in_flight)}};
}

Json Service::activity(const approval::Actor& by, context::Source& context,
                       const std::optional<approval::RequestId>& except) const {
  store::ActivityFilter filter{by.name, "", {}, except};
  if (const Json* argv = context.find("command.argv"))
    filter.command = approval::command_fingerprint({{"command", {{"argv", *argv}}}});
  for (const auto& system : policy::systems_of(m_policies, context)) filter.systems.push_back(system.name);
  return to_json(m_store.activity(filter));
}

}  // namespace jit::service

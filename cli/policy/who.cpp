// jit-policy who: who could approve a command now, and whether that would be enough.
#include <nlohmann/json.hpp>

#include "approval/reach.hpp"
#include "backend/identity.hpp"
#include "cli/common/common.hpp"
#include "cli/common/people.hpp"
#include "cli/common/warnings.hpp"
#include "cli/policy/options.hpp"
#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "service/reach.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::cli::policies {
namespace {

using approval::Reach;
using util::Json;
using util::visible;

// What is asked, by whom.
struct Question {
  policy::Verdict verdict;
  approval::Actor requester;
};

Question ask(const Options& options, const config::Settings& settings, const policy::Set& set) {
  Question question;
  question.requester = options.as.empty() ? backend::this_process() : approval::Actor{options.as, "", false};
  context::Collection collection;
  collection.use(ask_warnings(set, std::make_shared<live::Probe>()));
  context::FullCollector collector(
      {options.operands, {}}, set.command_specs(), set.env(),
      context::load_secret_key(settings.state_directory), collection,
      [&](context::Source& context) { return activity_of(settings, set, context); });
  if (options.as.empty()) {
    question.verdict = judge(set, collector, fallback_of(settings));
    return question;
  }
  // Rules may look at who asks. Of another person the name is all that is known here.
  Json context = collector.whole();
  context["user"] = {{"name", options.as}};
  context["activity"] = {{"why", "it is somebody else's"}};
  context::Document document(context);
  question.verdict = policy::evaluate(set, document, fallback_of(settings));
  return question;
}

std::string people_text(const Reach::Alternative& alternative, const std::string& group, bool self) {
  if (group == policy::kAnyone) return self ? "anybody, also who asks" : "anybody else";
  const auto& people = alternative.people.at(group);
  return people.empty() ? "nobody" : visible(util::join(people, ", "));
}

std::string to_text(const Reach::Alternative& alternative, bool self) {
  std::string text;
  for (const auto& [group, count] : alternative.seats) {
    text +=
        "  " + std::to_string(count) + " of " + visible(group) + ": " + people_text(alternative, group, self);
    const auto missing = alternative.missing.find(group);
    if (missing != alternative.missing.end()) text += "   " + std::to_string(missing->second) + " too few";
    text += "\n";
  }
  return text;
}

std::string to_text(const Question& question, const Reach& reach) {
  const std::string rules =
      question.verdict.rules.empty() ? "" : " (" + visible(util::join(question.verdict.rules, ", ")) + ")";
  switch (question.verdict.effect) {
    case policy::Effect::allow:
      return "nobody need be asked: it is allowed" + rules + "\n";
    case policy::Effect::deny:
      return "nobody can approve it: it is denied" + rules + "\n";
    case policy::Effect::ask:
      break;
  }
  std::string text = "if " + visible(question.requester.name) + " asks" + rules + "\n";
  if (question.verdict.requirement.signatures)
    text += "only signed approvals count: those whose key is allowed\n";
  const char* separator = "";
  for (const auto& alternative : reach.alternatives) {
    text += separator + to_text(alternative, question.verdict.requirement.self);
    separator = "or\n";
  }
  return text + (reach.is_possible ? "that can be enough\n"
                                   : "it can never be approved: there are too few people\n");
}

Json to_json(const Question& question, const Reach& reach) {
  Json alternatives = Json::array();
  for (const auto& alternative : reach.alternatives)
    alternatives.push_back(
        {{"seats", alternative.seats}, {"people", alternative.people}, {"missing", alternative.missing}});
  const bool asks = question.verdict.effect == policy::Effect::ask;
  return {{"effect", policy::to_text(question.verdict.effect)},
          {"rules", question.verdict.rules},
          {"requester", question.requester.name},
          {"reachable", question.verdict.effect == policy::Effect::allow || (asks && reach.is_possible)},
          {"alternatives", std::move(alternatives)}};
}

}  // namespace

int who(const Options& options) {
  const auto settings = config::load(options.sources);
  const auto set = load_policies(settings);
  if (!set.installed()) say("jit-policy", "no policy is installed: one approval by anybody is enough");
  if (!options.as.empty()) warn_of_stranger("jit-policy", set, options.as);
  warn_of_server(settings);
  const Question question = ask(options, settings, set);
  Reach reach;
  if (question.verdict.effect == policy::Effect::ask) {
    const auto& requirement = question.verdict.requirement;
    reach = approval::reach(requirement, question.requester, service::able_to_approve(set, requirement));
  }
  const Json answer = to_json(question, reach);
  print(options.json ? util::pretty_json(answer) + "\n" : to_text(question, reach));
  return answer["reachable"].get<bool>() ? 0 : kFailed;
}

}  // namespace jit::cli::policies

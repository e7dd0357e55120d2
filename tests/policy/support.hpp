#pragma once
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "policy/policy_set.hpp"
#include "yaml/document.hpp"

namespace jit::policy {

/// A set of one file "p".
inline Set set_of(const std::string& rest) {
  return Set::from_texts({{"p", "version: 1\n" + rest}});
}

inline util::Json context_of(const std::vector<std::string>& argv) {
  return {{"command", {{"argv", argv}}}};
}

/// What a set says of a context; nothing else than this is in it.
inline Verdict judge_context(const Set& set, util::Json context, Effect fallback = Effect::ask,
                             std::vector<RuleTrace>* trace = nullptr) {
  context::Document source(std::move(context));
  return evaluate(set, source, fallback, trace);
}

inline Verdict judge(const Set& set, const std::vector<std::string>& argv, Effect fallback = Effect::ask) {
  return judge_context(set, context_of(argv), fallback);
}

/// The problems of some files, by line; empty when they load.
inline std::vector<std::string> problems_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  try {
    (void)Set::from_texts(texts);
    return {};
  } catch (const yaml::LoadError& error) {
    std::vector<std::string> lines;
    for (const auto& problem : error.problems()) lines.push_back(problem.line());
    return lines;
  }
}

}  // namespace jit::policy

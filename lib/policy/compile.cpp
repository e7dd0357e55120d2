#include "policy/compile.hpp"

#include <algorithm>
#include <map>

#include "policy/draft.hpp"
#include "policy/set_data.hpp"

namespace jit::policy {
namespace {

// By file, in the order of the files, then by place.
void sort(std::vector<yaml::Problem>& problems, const std::vector<PolicyText>& texts) {
  std::map<std::string, std::size_t> order;
  for (std::size_t i = 0; i < texts.size(); ++i) order.try_emplace(texts[i].name, i);
  std::stable_sort(problems.begin(), problems.end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(order[a.file], a.mark.line, a.mark.column) <
           std::make_tuple(order[b.file], b.mark.line, b.mark.column);
  });
}

}  // namespace

compiled::Identity packed(const util::FileIdentity& identity) {
  return {identity.device,
          identity.inode,
          static_cast<std::int64_t>(identity.size),
          identity.mtime_seconds,
          identity.mtime_nanoseconds,
          identity.ctime_seconds,
          identity.ctime_nanoseconds};
}

Compiled compile(const std::vector<PolicyText>& texts, bool complete) {
  Draft draft;
  draft.set.program = JIT_VERSION;
  for (const auto& [name, text, identity] : texts) {
    try {
      Reader reader(name, draft.problems);
      read_file(reader, yaml::parse(text, name), draft);
      if (identity)
        draft.set.files.back()->identity = std::make_unique<compiled::Identity>(packed(*identity));
    } catch (const yaml::LoadError& error) {
      draft.problems.insert(draft.problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  // What a file that cannot be read would have defined is not missing elsewhere.
  if (complete && draft.set.files.size() == texts.size()) check_whole(draft);
  if (!draft.problems.empty()) {
    sort(draft.problems, texts);
    throw yaml::LoadError(std::move(draft.problems));
  }
  return {owned(pack(draft.set)), std::move(draft.tests)};
}

}  // namespace jit::policy

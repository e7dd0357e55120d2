#include "policy/freezes.hpp"

#include <compiled_generated.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "util/time.hpp"

namespace jit::policy {

std::vector<const compiled::Freeze*> freezes_now(const compiled::Set& set, context::Source& source) {
  std::vector<const compiled::Freeze*> lasting;
  if (set.freezes()->size() == 0) return lasting;
  const util::Json* at = source.find("time.at");
  const auto time =
      at != nullptr && at->is_string() ? util::parse_rfc3339(at->get<std::string>()) : std::nullopt;
  if (!time) return lasting;  // an example in a policy; what is judged has a time
  const std::int64_t now = time->time_since_epoch().count();
  for (const auto* freeze : *set.freezes()) {
    if (freeze->begin() <= now && now < freeze->end()) lasting.push_back(freeze);
  }
  return lasting;
}

std::string end_of(const compiled::Freeze& freeze) {
  std::string text = util::to_rfc3339(util::Time{util::Millis{freeze.end()}});
  for (const std::string_view nothing : {".000Z", ":00"}) {
    if (text.ends_with(nothing)) text.resize(text.size() - nothing.size());
  }
  return text + "Z";
}

}  // namespace jit::policy

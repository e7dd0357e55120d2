#include "signature/statement.hpp"

#include <nlohmann/json.hpp>

#include "util/json.hpp"

namespace jit::signature {

std::string to_text(const Statement& statement) {
  util::Json document = {{"v", 1},
                         {"request", statement.request},
                         {"digest", statement.digest},
                         {"verdict", statement.verdict},
                         {"reviewer", statement.reviewer},
                         {"at", util::to_rfc3339(statement.at)},
                         {"message", statement.message},
                         {"server", statement.server}};
  if (!statement.rules.empty()) {
    document["v"] = 2;
    document["scope"] = "rule";
    document["rules"] = statement.rules;
  }
  return util::canonical_json(document);
}

}  // namespace jit::signature

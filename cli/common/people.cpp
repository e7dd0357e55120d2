#include "cli/common/people.hpp"

#include <algorithm>

#include "cli/common/common.hpp"
#include "util/text.hpp"
#include "util/user.hpp"

namespace jit::cli {

void warn_of_stranger(const char* program, const policy::Set& policies, const std::string& name) {
  const auto known = policies.groups().people();
  if (known.contains(name) || util::groups_of(name)) return;
  say(program, "warning: \"" + name + "\" is in no group of the policies, and no user of this machine" +
                   util::did_you_mean(name, {known.begin(), known.end()}));
}

}  // namespace jit::cli

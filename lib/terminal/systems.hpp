#pragma once
#include <string>
#include <vector>

#include "terminal/facts.hpp"
#include "terminal/sheet.hpp"
#include "util/json.hpp"

namespace jit::terminal {

/// "payments-db (production, owners dba erin, https://runbooks/db)", one a system of the context; not made
/// visible.
std::vector<std::string> system_texts(const util::Json& context);
/// Takes and shows them.
void show_systems(Sheet& sheet, Facts& facts);
/// What the requester's labels say that the policies know better, in words.
std::vector<std::string> label_warnings(const util::Json& context);

}  // namespace jit::terminal

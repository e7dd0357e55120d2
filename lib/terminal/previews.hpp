#pragma once
#include <string>
#include <vector>

#include "terminal/facts.hpp"
#include "terminal/sheet.hpp"
#include "util/json.hpp"

namespace jit::terminal {

/// Takes and shows the previews of a context, each whole: what was run to make it, and every line, those too
/// that are not bound.
void show_previews(Sheet& sheet, Facts& facts);

/// What is odd about a text, as a clause: "holds …"; empty for nothing.
std::string oddities(const std::string& text);

/// What of a preview an approver must notice, in words.
std::vector<std::string> preview_warnings(const util::Json& preview);

}  // namespace jit::terminal

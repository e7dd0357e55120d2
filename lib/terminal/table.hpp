#pragma once
#include <string>
#include <vector>

namespace jit::terminal {

/// Rows of cells, made visible, as lines with the columns below each other. The last column is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace jit::terminal

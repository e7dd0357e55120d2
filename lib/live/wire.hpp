#pragma once
#include <string>
#include <vector>

#include "live/source.hpp"

namespace jit::live {

/// What is said to the program jit-warnings, a line each way:
/// {"sources": [{"name", "kind", "settings"}]} and {"answers": [{"notices": [{"severity", "summary", "since",
/// "labels"}], "problem", "hint", "took"}]}, in the order of the sources. Readers throw util::Error.
std::string question_line(const std::vector<Source>& sources);
std::vector<Source> sources_from_line(const std::string& line);
std::string answer_line(const std::vector<Answer>& answers);
/// `count`: how many were asked.
std::vector<Answer> answers_from_line(const std::string& line, std::size_t count);

/// The longest line of answers.
inline constexpr std::size_t kLongestLine = 32U << 20U;

}  // namespace jit::live

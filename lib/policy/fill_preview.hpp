#pragma once
#include "policy/facts.hpp"
#include "policy/verdict.hpp"

namespace jit::policy {

namespace compiled {
struct Rule;
struct PreviewWord;
}  // namespace compiled

/// The preview of a rule that has one, for the command that these facts are about: its words with the values
/// that the context holds, or why it cannot be made. A value is never split, and never becomes an option.
/// `is_utf8`: whether everything in the context is what it looks like.
Preview fill_preview(const compiled::Rule& rule, Facts& facts, bool is_utf8);

/// A word with the values that the context holds, or the values of a list; nullopt where it cannot be told,
/// or can be read in more than one way.
std::optional<std::vector<std::string>> fill_word(const compiled::PreviewWord& word, Facts& facts);

}  // namespace jit::policy

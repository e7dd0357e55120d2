#include "policy/regexes.hpp"

#include <re2/re2.h>

namespace jit::policy {
namespace {

RE2::Options options() {
  RE2::Options options;
  options.set_max_mem(4 << 20);
  options.set_log_errors(false);
  // An argument may hold a line break; `.*` that stopped there would be a way around a rule.
  options.set_dot_nl(true);
  return options;
}

}  // namespace

Regexes::Regexes() = default;
Regexes::~Regexes() = default;

const re2::RE2& Regexes::compiled(std::string_view pattern) {
  const std::lock_guard lock(m_mutex);
  auto found = m_compiled.find(pattern);
  if (found == m_compiled.end()) {
    const re2::StringPiece text(pattern.data(), pattern.size());
    found = m_compiled.emplace(pattern, std::make_unique<RE2>(text, options())).first;
  }
  return *found->second;
}

std::optional<bool> Regexes::finds(std::string_view pattern, std::string_view text) {
  const RE2& regex = compiled(pattern);
  if (!regex.ok()) return std::nullopt;
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

std::string regex_problem(const std::string& pattern) {
  const RE2 regex(pattern, options());
  return regex.ok() ? "" : regex.error();
}

bool matches_whole(const std::string& pattern, std::string_view text) {
  const RE2 regex(pattern, options());
  return regex.ok() && RE2::FullMatch(re2::StringPiece(text.data(), text.size()), regex);
}

}  // namespace jit::policy

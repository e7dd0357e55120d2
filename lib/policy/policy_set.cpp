#include "policy/policy_set.hpp"

#include <compiled_generated.h>

#include "policy/cache.hpp"
#include "policy/compile.hpp"
#include "policy/policy_files.hpp"
#include "policy/set_data.hpp"
#include "util/error.hpp"
#include "yaml/document.hpp"

namespace jit::policy {
namespace {

struct Texts {
  std::vector<PolicyText> all;
  bool stable = true;  // none changed while it was read
};

void read_texts(const std::vector<PolicyFile>& files, Texts& texts) {
  for (const auto& file : files) texts.all.push_back(read_policy_file(file, texts.stable));
}

}  // namespace

Set::Set(std::unique_ptr<Data> data) : m_data(std::move(data)) {}
Set::Set(Set&&) noexcept = default;
Set& Set::operator=(Set&&) noexcept = default;
Set::~Set() = default;

Set Set::load(const std::string& path, const Cache& cache) {
  const auto files = open_policy_files(path);
  if (auto bytes = load_cache(cache, path, files))
    return Set(std::make_unique<Data>(std::move(*bytes), std::vector<TestCase>{}));
  Texts texts;
  read_texts(files, texts);
  auto compiled = compile(texts.all);
  if (texts.stable) store_cache(cache, path, files, compiled.bytes);
  return Set(std::make_unique<Data>(std::move(compiled.bytes), std::move(compiled.tests)));
}

std::optional<Set> Set::load_cached(const std::string& path, const Cache& cache) {
  try {
    auto bytes = load_cache(cache, path, open_policy_files(path));
    if (!bytes) return std::nullopt;
    return Set(std::make_unique<Data>(std::move(*bytes), std::vector<TestCase>{}));
  } catch (const util::Error&) {
    return std::nullopt;  // load() says what is wrong.
  }
}

Set Set::load_all(const std::vector<std::string>& paths) {
  Texts texts;
  std::vector<yaml::Problem> problems;
  for (const auto& path : paths) {
    try {
      read_texts(open_policy_files(path), texts);
    } catch (const yaml::LoadError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  try {
    auto compiled = compile(texts.all, problems.empty());
    if (problems.empty())
      return Set(std::make_unique<Data>(std::move(compiled.bytes), std::move(compiled.tests)));
  } catch (const yaml::LoadError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
  throw yaml::LoadError(std::move(problems));
}

Set Set::from_texts(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<PolicyText> all;
  for (const auto& [name, text] : texts) all.push_back({name, text, std::nullopt});
  auto compiled = compile(all);
  return Set(std::make_unique<Data>(std::move(compiled.bytes), std::move(compiled.tests)));
}

std::optional<Set> Set::from_compiled(std::string bytes) {
  if (bytes.empty() || !is_verified(bytes)) return std::nullopt;
  return Set(std::make_unique<Data>(std::move(bytes), std::vector<TestCase>{}));
}

Set Set::none() {
  return Set(std::make_unique<Data>(std::string(), std::vector<TestCase>{}));
}

bool Set::installed() const {
  return m_data->compiled != nullptr;
}
const context::CommandSpecs& Set::command_specs() const {
  return m_data->specs;
}
const Groups& Set::groups() const {
  return m_data->groups;
}
const std::vector<std::string>& Set::env() const {
  return m_data->env;
}
std::string_view Set::compiled_form() const {
  return m_data->bytes;
}
std::size_t Set::file_count() const {
  return installed() ? m_data->compiled->files()->size() : 0;
}

std::size_t Set::rule_count() const {
  std::size_t count = 0;
  if (!installed()) return count;
  for (const auto* file : *m_data->compiled->files()) count += file->rules()->size();
  return count;
}

}  // namespace jit::policy

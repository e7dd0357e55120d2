// What parses YAML: apart, so that a program which only evaluates what is compiled need not link it.
#include "policy/cache.hpp"
#include "policy/compile.hpp"
#include "policy/policy_files.hpp"
#include "policy/policy_set.hpp"
#include "policy/set_data.hpp"
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

Set Set::load(const std::string& path, const Cache& cache) {
  const auto files = open_policy_files(path);
  if (auto bytes = load_cache(cache, path, files))
    return Set(std::make_unique<Data>(std::move(*bytes), std::vector<TestCase>{}));
  Texts texts;
  read_texts(files, texts);
  auto compiled = compile(texts.all);
  if (texts.stable) store_cache(cache, path, files, compiled.bytes.view);
  return Set(std::make_unique<Data>(std::move(compiled.bytes), std::move(compiled.tests)));
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

}  // namespace jit::policy

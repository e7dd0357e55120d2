#include "policy/policy_set.hpp"

#include <compiled_generated.h>

#include <algorithm>

#include "policy/cache.hpp"
#include "policy/policy_files.hpp"
#include "policy/set_data.hpp"
#include "util/error.hpp"

namespace jit::policy {
Set::Set(std::unique_ptr<Data> data) : m_data(std::move(data)) {}
Set::Set(Set&&) noexcept = default;
Set& Set::operator=(Set&&) noexcept = default;
Set::~Set() = default;

std::optional<Set> Set::load_cached(const std::string& path, const Cache& cache) {
  try {
    auto bytes = load_cache(cache, path, open_policy_files(path));
    if (!bytes) return std::nullopt;
    return Set(std::make_unique<Data>(std::move(*bytes), std::vector<TestCase>{}));
  } catch (const util::Error&) {
    return std::nullopt;  // load() says what is wrong.
  }
}

std::optional<Set> Set::from_compiled(std::string bytes) {
  if (bytes.empty() || !is_verified(bytes)) return std::nullopt;
  return Set(std::make_unique<Data>(owned(std::move(bytes)), std::vector<TestCase>{}));
}

Set Set::none() {
  return Set(std::make_unique<Data>(Bytes{}, std::vector<TestCase>{}));
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
bool Set::reads(std::string_view section) const {
  if (!installed()) return false;
  const auto& paths = *m_data->compiled->paths();
  return std::any_of(paths.begin(), paths.end(), [&](const auto* path) {
    const std::string_view text(path->text()->c_str(), path->text()->size());
    return text.starts_with(section) && text.substr(section.size()).starts_with('.');
  });
}
SignerFiles Set::signer_files() const {
  const auto path = [](const compiled::SignerFile* file) {
    return file == nullptr ? "" : file->path()->str();
  };
  if (!installed()) return {};
  return {path(m_data->compiled->allowed_signers()), path(m_data->compiled->revoked_signers())};
}
std::vector<Channel> Set::channels() const {
  std::vector<Channel> all;
  if (!installed()) return all;
  for (const auto* channel : *m_data->compiled->channels())
    all.push_back({channel->name()->str(), channel->kind()->str(), channel->settings()->str()});
  return all;
}
std::vector<live::Source> Set::warning_sources() const {
  std::vector<live::Source> all;
  if (!installed() || m_data->compiled->warnings() == nullptr) return all;
  for (const auto* source : *m_data->compiled->warnings())
    all.push_back({source->name()->str(), source->kind()->str(), source->settings()->str()});
  return all;
}
std::string Set::link() const {
  const auto* link = installed() ? m_data->compiled->link() : nullptr;
  return link == nullptr ? "" : link->str();
}
std::string_view Set::compiled_form() const {
  return m_data->bytes.view;
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

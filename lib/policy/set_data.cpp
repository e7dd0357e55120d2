#include "policy/set_data.hpp"

#include <compiled_generated.h>

namespace jit::policy {
namespace {

// Matchers and match maps nest, within the limit that the loader keeps.
constexpr std::uint32_t kMaxTableDepth = 64;
constexpr std::uint32_t kMaxTables = 10'000'000;

const std::uint8_t* octets(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::vector<std::string> strings(const Strings* packed) {
  std::vector<std::string> all;
  all.reserve(packed->size());
  for (const auto* text : *packed) all.push_back(text->str());
  return all;
}

Groups groups_of(const compiled::Set* set) {
  std::map<std::string, std::vector<std::string>> members;
  if (set != nullptr) {
    for (const auto* group : *set->groups()) members[group->name()->str()] = strings(group->members());
  }
  return Groups(std::move(members));
}

std::optional<context::CommandSpec::Wrapper> wrapper_of(const compiled::Command& command) {
  context::CommandSpec::Wrapper wrapper;
  switch (command.form()) {
    case compiled::Form::none:
      return std::nullopt;
    case compiled::Form::command:
      wrapper.form = context::CommandSpec::Wrapper::Form::command;
      break;
    case compiled::Form::shell:
      wrapper.form = context::CommandSpec::Wrapper::Form::shell;
      break;
    case compiled::Form::remote:
      wrapper.form = context::CommandSpec::Wrapper::Form::remote;
      break;
  }
  wrapper.assignments = command.assignments();
  wrapper.skip_words = command.skip_words();
  wrapper.shell_options = strings(command.shell_options());
  return wrapper;
}

}  // namespace

Specs::Specs(const compiled::Set* set) {
  if (set == nullptr) return;
  for (const auto* command : *set->commands()) {
    context::CommandSpec& spec = m_specs[command->name()->str()];
    spec.value_options = strings(command->value_options());
    spec.flags = strings(command->flags());
    spec.abbreviations = command->abbreviations();
    spec.wrapper = wrapper_of(*command);
  }
}

const context::CommandSpec* Specs::find(std::string_view name) const {
  const auto found = m_specs.find(name);
  return found == m_specs.end() ? nullptr : &found->second;
}

Set::Data::Data(Bytes whole, std::vector<TestCase> test_cases)
    : bytes(std::move(whole)),
      compiled(bytes.view.empty() ? nullptr : compiled::GetSet(bytes.view.data())),
      groups(groups_of(compiled)),
      env(compiled == nullptr ? std::vector<std::string>{} : strings(compiled->env())),
      specs(compiled),
      tests(std::move(test_cases)) {}

Bytes owned(std::string text) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {owner, *owner};
}

std::string pack(const compiled::SetT& set) {
  flatbuffers::FlatBufferBuilder builder(1U << 16U);
  compiled::FinishSetBuffer(builder, compiled::Set::Pack(builder, &set));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

bool is_verified(std::string_view bytes) {
  flatbuffers::Verifier verifier(octets(bytes), bytes.size(), kMaxTableDepth, kMaxTables);
  return compiled::VerifySetBuffer(verifier);
}

}  // namespace jit::policy

#include "policy/denied_by_warnings.hpp"

#include <nlohmann/json.hpp>

#include "live/section.hpp"
#include "policy/evaluate.hpp"

namespace jit::policy {
namespace {

// A context in which every source says that nothing is active. None is asked for it.
class Calm final : public context::Source {
 public:
  explicit Calm(context::Source& source) : m_source(source) {}
  const util::Json* find(std::string_view path) override {
    static const util::Json kNothing = {
        {"critical", 0}, {"warning", 0}, {"unknown", 0}, {"active", util::Json::array()}};
    if (path == "warnings") return &kNothing;
    constexpr std::string_view kWithin = "warnings.";
    return path.starts_with(kWithin) ? context::find_in(kNothing, path.substr(kWithin.size()))
                                     : m_source.find(path);
  }

 private:
  context::Source& m_source;
};

}  // namespace

std::vector<std::string> denied_by_warnings(const Set& set, context::Source& source, Effect fallback) {
  if (!set.reads("warnings")) return {};
  Calm calm(source);
  if (evaluate(set, calm, fallback).effect == Effect::deny) return {};
  const util::Json* section = source.find("warnings");
  return section == nullptr ? std::vector<std::string>() : live::in_words(*section);
}

}  // namespace jit::policy

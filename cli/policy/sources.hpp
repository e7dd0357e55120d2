#pragma once
#include <memory>
#include <string>
#include <vector>

#include "context/collector.hpp"
#include "live/probe.hpp"
#include "policy/policy_set.hpp"
#include "util/json.hpp"

namespace jit::cli::policies {

/// The sources of warnings while a command is explained: asked, or, offline, not asked and unknown; what a
/// person has set is taken for all there is.
class ShownSources {
 public:
  enum class Mode { ask, offline, set };
  ShownSources(const policy::Set& policies, Mode mode) : m_policies(policies), m_mode(mode) {}

  context::AskWarnings collector();
  /// A line for each, with how long it took and what it said; empty where nothing was asked about.
  std::string text() const;
  /// [{"name", "kind", "known", "problem", "active", "took_ms"}]
  util::Json json() const;

 private:
  struct Shown {
    live::Source source;
    live::Answer answer;
    std::size_t selected = 0;
  };

  const policy::Set& m_policies;
  const Mode m_mode;
  live::Probe m_probe;
  std::vector<Shown> m_shown;
};

}  // namespace jit::cli::policies

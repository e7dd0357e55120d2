#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context/command_line.hpp"
#include "live/source.hpp"
#include "policy/groups.hpp"
#include "policy/verdict.hpp"

namespace jit::policy {

/// Where the compiled form of a set may be kept.
struct Cache {
  std::string directory;  // empty: none
  /// The policies were fixed by the system's configuration: then only a cache that root owns is believed or
  /// written.
  bool guarded = false;
};

/// The files that say whose signatures count: absolute paths, "" where the policies name none. What is in
/// them is read when a signature is checked, not with the set.
struct SignerFiles {
  std::string allowed, revoked;
};

/// A channel as a policy defines it. `settings` is a JSON object of what the kind knows
/// (policy/channel_kinds.hpp).
struct Channel {
  std::string name, kind, settings;
};

/// A loaded policy set: immutable, compiled, and quick to evaluate.
class Set {
 public:
  /// A file or a directory of *.yaml and *.yml files (hidden ones and other endings are passed over; a
  /// subdirectory, or a directory without any policy, is an error). Believes a cache only when every file is
  /// the same by identity. Throws yaml::LoadError with every problem, UsageError for files not to be trusted.
  static Set load(const std::string& path, const Cache& cache);
  /// The set if, and only if, it can be had from a valid cache; never parses YAML.
  static std::optional<Set> load_cached(const std::string& path, const Cache& cache);
  /// A set of several files and directories together, without a cache (jit-policy check and test).
  static Set load_all(const std::vector<std::string>& paths);
  /// From texts by name (tests, fuzzers, a server's storage).
  static Set from_texts(const std::vector<std::pair<std::string, std::string>>& texts);
  /// From compiled_form(). nullopt when the bytes are not one; who gives them is trusted with what they say.
  static std::optional<Set> from_compiled(std::string bytes);
  /// No policy is installed: every command asks, and one approval by anybody, the requester included, is
  /// enough.
  static Set none();

  Set(Set&&) noexcept;
  Set& operator=(Set&&) noexcept;
  ~Set();

  bool installed() const;
  const context::CommandSpecs& command_specs() const;
  const Groups& groups() const;
  /// The variables to capture into the context.
  const std::vector<std::string>& env() const;

  /// Whether a rule, or anything else in it, reads something of this section of a context.
  bool reads(std::string_view section) const;

  SignerFiles signer_files() const;
  std::vector<Channel> channels() const;
  /// Where warnings come from; what of them is about an action: policy/fill_sources.hpp.
  std::vector<live::Source> warning_sources() const;
  /// A URL with {id} for a request's id; empty: none.
  std::string link() const;

  std::string_view compiled_form() const;
  std::size_t file_count() const;
  std::size_t rule_count() const;

  struct Data;
  const Data& data() const { return *m_data; }

 private:
  explicit Set(std::unique_ptr<Data> data);
  std::unique_ptr<Data> m_data;
};

}  // namespace jit::policy

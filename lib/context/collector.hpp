#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/command_line.hpp"
#include "context/machine.hpp"
#include "context/program.hpp"
#include "context/redact.hpp"
#include "context/source.hpp"
#include "context/unsafe_env.hpp"
#include "context/zones.hpp"
#include "util/json.hpp"

namespace jit::context {

/// What the user typed, before anything is looked up.
struct Invocation {
  std::vector<std::string> argv;              // bytes
  std::map<std::string, std::string> labels;  // --label
  std::shared_ptr<const util::Json> input{};  // what is bound of standard input: command.stdin
};

/// Collects a context from this machine and process, each part when it is first asked for. This class does
/// what needs no other program, no name service and no hashing: command (without sha256 and files), env,
/// unsafe_env, session, time, labels. Asked for more, it finds nothing and notes `deferred()`: the caller
/// must then hand the decision over.
class Collector : public Source {
 public:
  /// `captured_env`: the policy set's `env:` list. `specs` must outlive the collector.
  Collector(Invocation invocation, const CommandSpecs& specs, std::vector<std::string> captured_env);
  ~Collector() override;
  const util::Json* find(std::string_view path) override;
  bool deferred() const { return m_deferred; }
  const Invocation& invocation() const { return m_invocation; }
  /// Whether the document shows some of the command's words with `[redacted]` in them.
  bool hides_words();

 protected:
  bool is_captured(std::string_view name) const;
  /// Collects one section (or "command.sha256", "command.files") into the document; false: not available
  /// here.
  virtual bool collect(std::string_view part);
  util::Json& document() { return *m_document; }
  const CommandSpecs& specs() const { return m_specs; }
  /// Collects a part once; false when it is not available here.
  bool ensure(std::string_view part);
  /// argv as the document shows it, and the secrets that it does not.
  const std::vector<Redaction>& redacted();
  /// The working directory; empty when it has no path.
  static std::string working_directory();
  /// The variables that stand in `env` or in `unsafe_env`.
  std::vector<Variable> captured_variables() const;
  /// What argv[0] would run from this directory, with this process's PATH.
  Program program(const std::string& cwd) const;
  /// Puts bytes at a place of the document: as they are when UTF-8, else escaped and, under `raw`, in hex.
  void put_text(util::Json& place, const std::string& path, std::string_view bytes);

 private:
  void collect_command();
  void collect_options();
  void collect_place(std::string_view part);
  void collect_env(std::string_view part);
  void collect_session();
  void collect_time();

  Invocation m_invocation;
  const CommandSpecs& m_specs;
  std::vector<std::string> m_captured_env;
  std::unique_ptr<util::Json> m_document;
  std::map<std::string, bool, std::less<>> m_collected;
  std::vector<Redaction> m_redacted;
  bool m_deferred = false;
};

/// The same context with the words of the command as they were typed, secrets included: for the rules on this
/// machine alone, so that nothing can hide from them by looking like a secret.
class AsTyped final : public Source {
 public:
  explicit AsTyped(Collector& collector);
  ~AsTyped() override;
  const util::Json* find(std::string_view path) override;

 private:
  Collector& m_collector;
  std::unique_ptr<util::Json> m_words, m_line;
};

class GitProbe;
class FileHashes;

/// Gives the section `warnings` of a context; null where there is none.
using AskWarnings = std::function<util::Json(Source& context)>;

/// What outlives one collection, so that the one at the claim is quick: the git helper, already loaded, and
/// the hashes of files whose identity has not changed.
class Collection {
 public:
  Collection();
  ~Collection();
  GitProbe& git() { return *m_git; }
  FileHashes& hashes() { return *m_hashes; }
  /// Who asks the sources of warnings; nobody does before this was called.
  void use(AskWarnings ask) { m_ask_warnings = std::move(ask); }
  const AskWarnings& ask_warnings() const { return m_ask_warnings; }

 private:
  std::unique_ptr<GitProbe> m_git;
  std::unique_ptr<FileHashes> m_hashes;
  AskWarnings m_ask_warnings;
};

/// Collects everything: also user, host, git, command.sha256 and command.files.
class FullCollector final : public Collector {
 public:
  /// Who knows the section `activity` of this context.
  using Activity = std::function<util::Json(Source& context)>;
  /// `secret_key` salts the fingerprints of redacted values. `collection` must outlive the collector. Without
  /// `activity` that is unknown.
  FullCollector(Invocation invocation, const CommandSpecs& specs, std::vector<std::string> captured_env,
                std::string secret_key, Collection& collection, Activity activity = {});
  const util::Json* find(std::string_view path) override;
  /// Collects all that is not there yet and gives the whole context.
  const util::Json& whole();

 protected:
  bool collect(std::string_view part) override;

 private:
  void collect_git();
  void collect_executable();
  void collect_files(const PutText& put);
  std::string shown_name(const std::string& name);
  void collect_redactions();
  void collect_environment();
  void collect_warnings();

  std::string m_secret_key;
  Collection& m_collection;
  ZonedTimes m_zoned;
  Activity m_activity;
};

/// The user's key that salts fingerprints of redacted values: 32 bytes in `state_directory`/secret-key, made
/// at first use with mode 0600. Throws UsageError or SystemError.
std::string load_secret_key(const std::string& state_directory);

}  // namespace jit::context

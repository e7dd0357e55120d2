#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/source.hpp"
#include "policy/candidates.hpp"

namespace jit::policy {

namespace compiled {
struct Set;
}

/// What a path holds, without a copy of it.
struct Value {
  enum class Kind { absent, text, integer, boolean, words, list, object };
  Kind kind = Kind::absent;
  std::string_view text;
  std::int64_t integer = 0;
  bool boolean = false;
  const std::vector<std::string>* words = nullptr;
  const util::Json* list = nullptr;
  bool hidden = false;  // something in it is redacted
};
/// null counts as absent.
Value value_of(const util::Json* json);
/// For a person: `"get pods"`, `true`, `["a", "b"]`, `not there`; cut when it is long.
std::string to_text(const Value& value);

/// The values of a context that are the same whatever command is judged, each looked up once.
class SharedFacts {
 public:
  SharedFacts(const compiled::Set& set, context::Source& source);
  const Value& at(std::uint32_t path);
  /// Why nothing is known of a value that the document has as null; empty where null means that there is
  /// none.
  std::string untold(std::uint32_t path);
  const compiled::Set& set() const { return m_set; }
  context::Source& source() { return m_source; }

  /// Counts a value that is held against so many patterns. False when that has been done so often that it is
  /// no more: whoever types must not make it last, and what is not looked at may hold.
  bool spend(const Value& value, std::size_t patterns);
  bool is_spent() const { return m_left == 0; }
  /// Until then nothing is counted: what is only shown must not change what is decided.
  void count(bool counts) { m_counts = counts; }

 private:
  const compiled::Set& m_set;
  context::Source& m_source;
  std::vector<std::optional<Value>> m_values;
  std::map<std::uint32_t, std::vector<std::string>> m_names;  // of sections that are read as a whole
  std::size_t m_left = 1U << 21U;  // far beyond what a long script needs: a second at most
  bool m_counts = true;
};

class SystemReading;

/// The values that rules see of one candidate, in each of its readings.
class Facts {
 public:
  /// Both must outlive it.
  Facts(SharedFacts& shared, const Candidate& candidate);
  const Value& at(std::uint32_t path, std::size_t reading);
  /// Why nothing is known of this value: there are too many readings of the command line, git did not answer,
  /// a file could not be read. Empty where it is known, and where it is known that there is none.
  std::string unknown(std::uint32_t path, std::size_t reading);
  /// Whether what is hidden in a value makes it unknown: so for a rule that allows. Rules that ask or deny go
  /// by what is shown.
  void mistrust_hidden(bool mistrust) { m_mistrust_hidden = mistrust; }
  /// Which systems it is about, from now on; nullptr: that cannot be said. Must outlive it.
  void in(const SystemReading* systems) { m_systems = systems; }
  const Candidate& candidate() const { return m_candidate; }
  const compiled::Set& set() const { return m_shared.set(); }
  bool spend(const Value& value, std::size_t patterns) { return m_shared.spend(value, patterns); }
  /// The command as one line.
  const std::string& line();

 private:
  Value look_up(std::uint32_t path, std::size_t reading);
  Value file_value(const char* key);
  std::string untold(std::uint32_t path);
  std::string unread_file();
  const Value& system_value(std::uint32_t path);

  SharedFacts& m_shared;
  const Candidate& m_candidate;
  const SystemReading* m_systems = nullptr;
  bool m_mistrust_hidden = false;
  std::optional<std::string> m_line;
  std::vector<std::vector<std::optional<Value>>> m_values;  // by reading, then by path
};

}  // namespace jit::policy

#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::audit {

/// What happened, before it has its place in the chain.
struct Draft {
  util::Time at;
  std::string actor, type, request;
  std::shared_ptr<const util::Json> data;  // null: nothing
};

/// One entry of the chain with its hash.
struct Entry {
  std::shared_ptr<const util::Json> entry;  // {"at", "actor", "data", "prev", "request", "seq", "type"}
  std::string hash;
};

inline constexpr const char* kFirstPrevious =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// Makes the entry that follows the one with `previous_hash`. `seq` counts from 1. Throws Error for data that
/// has no canonical JSON.
Entry make_entry(const Draft& draft, std::int64_t seq, const std::string& previous_hash);

/// `{"entry": {...}, "hash": "..."}` on one line of ASCII, without the newline; and back (throws Error).
std::string to_export_line(const Entry& entry);
Entry from_export_line(const std::string& line);

/// Checks a chain entry by entry, in order.
class Verifier {
 public:
  Verifier() = default;
  /// Also looks for the entry with this hash (see `found_sought`).
  explicit Verifier(std::string sought) : m_sought(std::move(sought)) {}

  /// What is wrong with this entry ("entry 7: …"); nullopt when it continues the chain intact.
  std::optional<std::string> check(const Entry& entry);
  std::int64_t count() const { return m_count; }
  const std::string& head() const { return m_head; }
  /// Whether the head that somebody noted earlier is still part of this chain: if not, it was cut or
  /// rewritten.
  bool found_sought() const { return m_found_sought; }

 private:
  std::int64_t m_count = 0;
  std::string m_head = kFirstPrevious;
  std::string m_sought;
  bool m_found_sought = false;
};

}  // namespace jit::audit

#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "util/json.hpp"
#include "util/time.hpp"

/// The messages between jit-run and a backend helper: JSON-RPC 2.0, one message a line (PROTOCOL.md).
namespace jit::backend::rpc {

inline constexpr int kProtocol = 1;
/// Longer lines are refused: a page of requests with large contexts has to fit.
inline constexpr std::size_t kLongestLine = 16U << 20U;

/// Why a call has no result. Those below zero are JSON-RPC's own, the others are of this protocol.
enum class Code {
  refused = 1,          // data: {"kind": "own_request"}
  no_such_request = 2,  //
  not_asked = 3,        // data: the verdict
  usage = 4,            // data: {"hint": "…"}: a setting is wrong
  unavailable = 5,  // data: {"hint": "…", "may_pass": true}: nobody answered, or nobody who can be trusted
  invalid_params = -32602,
  method_not_found = -32601
};

struct Failure {
  int code = static_cast<int>(Code::unavailable);
  std::string message;
  util::Json data;
  bool is(Code wanted) const { return code == static_cast<int>(wanted); }
  /// A text in `data`; empty where there is none.
  std::string told(const char* key) const;
  /// What cannot be reached now may be reached later.
  bool may_pass() const;
};

using Outcome = std::variant<util::Json, Failure>;

struct Call {
  std::int64_t id = 0;
  std::string method;
  util::Json params;
};
struct Reply {
  std::int64_t id = 0;
  Outcome outcome;
};

/// What a helper says while a call is not answered yet.
struct Trouble {
  std::string message;
};

/// One line each, without the newline.
std::string to_line(const Call& call);
std::string to_line(const Reply& reply);
std::string to_line(const Trouble& trouble);

/// Throw util::Error saying what is wrong with the line; `from` is who sent it. What a person will read of a
/// reply is one line.
Call parse_call(const std::string& line, const std::string& from);
std::variant<Reply, Trouble> parse_reply(const std::string& line, const std::string& from);

}  // namespace jit::backend::rpc

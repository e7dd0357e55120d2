#include "service/asciicast.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/json.hpp"

namespace jit::service {
namespace {

using util::Json;

constexpr std::size_t kLongestPiece = 512U << 10U;

bool is_header(const Json& line) {
  return line.is_object() && line.value("version", Json()) == 2;
}

bool is_event(const Json& line) {
  if (!line.is_array() || line.size() != 3 || !line[0].is_number() || !line[2].is_string()) return false;
  return line[0] >= 0 && (line[1] == "o" || line[1] == "r" || line[1] == "m");
}

Json parse_line(std::string_view line) {
  try {
    return util::parse_json(line, "a line of the recording", kLongestPiece);
  } catch (const util::Error& error) {
    throw util::UsageError(error.what());
  }
}

}  // namespace

void require_asciicast(std::string_view piece, bool is_first) {
  if (piece.empty() || piece.size() > kLongestPiece)
    throw util::UsageError("a piece of a recording has 1 to 524288 bytes");
  const auto is_plain = [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); };
  if (!std::all_of(piece.begin(), piece.end(), is_plain))
    throw util::UsageError("a recording is printable ASCII: write other characters as \\uXXXX");
  if (piece.back() != '\n') throw util::UsageError("a piece of a recording is whole lines");
  for (bool wants_header = is_first; !piece.empty(); wants_header = false) {
    const std::size_t end = piece.find('\n');
    const Json line = parse_line(piece.substr(0, end));
    piece.remove_prefix(end + 1);
    if (wants_header && !is_header(line))
      throw util::UsageError(R"(a recording begins with the header of an asciicast: {"version": 2, …})");
    if (!wants_header && !is_event(line))
      throw util::UsageError(R"(a recording's lines are events of an asciicast: [SECONDS, "o", TEXT])");
  }
}

}  // namespace jit::service

#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "util/unicode.hpp"

namespace jit::util {

/// A stretch of what `visible` gives: text as it came, or one character that had to be spelled out.
struct Piece {
  std::string text;
  Oddity oddity = Oddity::none;  // why it was spelled out
};

/// What `visible` gives, in pieces, so that an escape can be told from the same text typed by the requester.
/// Linear.
std::vector<Piece> visible_pieces(std::string_view text);

/// True for the oddities by which one text passes for another; control characters, once escaped, do not.
bool is_deceptive(Oddity oddity);

}  // namespace jit::util

#pragma once
#include <string_view>
#include <vector>

#include "context/redact.hpp"

namespace jit::context {

/// How far a secret may go.
enum class Extent {
  whole,  // where the word is a plain argument: to the end of the word, where an option says that it is one
  word,   // where a shell may read it: to white space, a quote or an operator
};

/// What is known of a word from the command line it stands in.
struct Place {
  Extent extent = Extent::whole;
  /// No option stands before it: then it is not a program text that an option takes.
  bool operand = false;
  bool header = false;       // the word before it says that this is a header: -H
  bool http_client = false;  // and this program sends it, all of it
  struct Range {
    std::size_t start, end;
  };
  std::vector<std::size_t> values;  // where values start that an option says are secret, in order
  std::vector<Range> plain;         // where nothing is a secret, in order
};

/// The secrets that one word or value shows by itself: NAME=SECRET, user:SECRET@host, headers, token formats,
/// PEM; and those that `place` knows. What is hidden is never more than one value can be: a text that only
/// looks as if it held a secret stays legible. `quotes_open` tells, in and out, that a quote of an earlier
/// word is not closed: then no quote here can be trusted.
Redaction redact_text(std::string_view text, const Place& place, bool& quotes_open);

}  // namespace jit::context

#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "util/time.hpp"

namespace jit::run {

/// Writes an asciicast, version 2 (docs.asciinema.org/manual/asciicast/v2), line by line, in ASCII. Bytes
/// that are not UTF-8 become U+FFFD; a character that comes in two pieces is put together.
class Asciicast {
 public:
  /// What the first line tells.
  struct Header {
    int columns = 80, rows = 24;
    util::Time at{};
    std::string title, terminal;  // the value of TERM
  };
  static std::string header(const Header& header);

  using Since = std::chrono::microseconds;  // the start
  std::string output(Since since, std::string_view bytes);
  static std::string resized(Since since, int columns, int rows);
  /// What is left of a character that never became whole.
  std::string finish(Since since);

 private:
  std::string m_begun;  // the first bytes of a character
};

}  // namespace jit::run

#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "live/source.hpp"

namespace jit::live {

/// An HTTP GET.
struct Get {
  std::string url;
};
/// A file that is read, trusted as a configuration file is.
struct Read {
  std::string path;
};
/// A program that writes to its standard output.
struct Run {
  std::vector<std::string> argv;
};
using Inquiry = std::variant<Get, Read, Run>;

/// One kind of source: pure, it says what to ask, and reads what comes back. What is wrong with an answer is
/// thrown as util::Error; foreign words in it are visible.
struct Kind {
  const char* name;
  Inquiry (*ask)(const util::Json& settings);
  std::vector<Notice> (*read)(const std::string& body, const util::Json& settings);
};
/// nullptr when there is no such kind.
const Kind* find_kind(const std::string& name);

/// The parts of the table (kind.cpp), one file each.
Inquiry ask_alertmanager(const util::Json& settings);
std::vector<Notice> read_alertmanager(const std::string& body, const util::Json& settings);
Inquiry ask_prometheus(const util::Json& settings);
std::vector<Notice> read_prometheus(const std::string& body, const util::Json& settings);
Inquiry ask_http(const util::Json& settings);
std::vector<Notice> read_http(const std::string& body, const util::Json& settings);
Inquiry ask_file(const util::Json& settings);
std::vector<Notice> read_file(const std::string& body, const util::Json& settings);
Inquiry ask_program(const util::Json& settings);
std::vector<Notice> read_program(const std::string& body, const util::Json& settings);

}  // namespace jit::live

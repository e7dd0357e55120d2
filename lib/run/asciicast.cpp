#include "run/asciicast.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "util/json.hpp"

namespace jit::run {
namespace {

using util::Json;

std::string in_ascii(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Written by hand: a number as JSON libraries write it has as many digits as it likes.
std::string line(Asciicast::Since since, char kind, const std::string& text) {
  std::array<char, 48> start{};
  const auto count = since.count();
  std::snprintf(start.data(), start.size(), "[%lld.%06lld, \"%c\", ",
                static_cast<long long>(count / 1'000'000), static_cast<long long>(count % 1'000'000), kind);
  return start.data() + in_ascii(text) + "]\n";
}

std::size_t length_of(unsigned char first) {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

// How many bytes at the end are the beginning of a character that may still become whole.
std::size_t begun_at_end(std::string_view bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((byte & 0xc0U) == 0x80U) continue;
    return length_of(byte) > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string Asciicast::header(const Header& header) {
  return in_ascii({{"version", 2},
                   {"width", header.columns},
                   {"height", header.rows},
                   {"timestamp", header.at.time_since_epoch().count() / 1000},
                   {"title", header.title},
                   {"env", {{"TERM", header.terminal}}}}) +
         "\n";
}

std::string Asciicast::output(Since since, std::string_view bytes) {
  std::string whole = m_begun;
  whole += bytes;
  const std::size_t begun = begun_at_end(whole);
  m_begun = whole.substr(whole.size() - begun);
  whole.resize(whole.size() - begun);
  std::erase(whole, '\0');  // shows nothing, and readers of JSON stumble over it
  return whole.empty() ? "" : line(since, 'o', whole);
}

std::string Asciicast::resized(Since since, int columns, int rows) {
  return line(since, 'r', std::to_string(columns) + "x" + std::to_string(rows));
}

std::string Asciicast::finish(Since since) {
  const std::string rest = std::exchange(m_begun, {});
  return rest.empty() ? "" : line(since, 'o', rest);
}

}  // namespace jit::run

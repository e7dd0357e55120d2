#include "util/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::util {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::int64_t kLargestInteger = std::int64_t{1} << 53U;

// Builds the document while refusing what nlohmann's own reader accepts in silence: depth, duplicate keys,
// NUL.
class StrictReader : public nlohmann::json_sax<Json> {
 public:
  Json document;
  std::string problem;
  std::size_t values = 0, most_values = 0;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string& text) override {
    return std::isfinite(value) ? add(value) : fail("the number " + text + " is out of range");
  }
  bool string(std::string& value) override {
    if (value.find('\0') != std::string::npos) return fail("a string holds NUL");
    return add(std::move(value));
  }
  bool binary(binary_t& /*value*/) override { return fail("binary data"); }
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool key(std::string& value) override {
    if (value.find('\0') != std::string::npos) return fail("a key holds NUL");
    if (m_open.back()->contains(value)) return fail("the key \"" + value + "\" stands twice");
    m_key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*e*/) override {
    return fail("not JSON at byte " + std::to_string(position));
  }

 private:
  bool fail(std::string text) {
    if (problem.empty()) problem = std::move(text);
    return false;
  }

  Json* place(Json value) {
    ++values;
    if (m_open.empty()) {
      document = std::move(value);
      return &document;
    }
    Json& parent = *m_open.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& slot = parent[m_key];
    slot = std::move(value);
    return &slot;
  }

  bool add(Json value) {
    if (values >= most_values) return fail("more than " + std::to_string(most_values) + " values");
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (m_open.size() >= kMaxDepth) return fail("nested more than 64 deep");
    if (values >= most_values) return fail("more than " + std::to_string(most_values) + " values");
    m_open.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    m_open.pop_back();
    return true;
  }

  std::vector<Json*> m_open;
  std::string m_key;
};

void require_hashable(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      for (const auto& [key, child] : value.items()) {
        for (const char c : key) {
          if (static_cast<unsigned char>(c) >= 0x80) throw Error("cannot hash JSON: a key is not ASCII");
        }
        require_hashable(child);
      }
      return;
    case Json::value_t::array:
      for (const auto& child : value) require_hashable(child);
      return;
    case Json::value_t::string:
      if (!is_utf8(value.get_ref<const std::string&>()))
        throw Error("cannot hash JSON: a string is not UTF-8");
      return;
    case Json::value_t::number_integer:
      // Not by its magnitude: the smallest integer has none.
      if (value.get<std::int64_t>() > kLargestInteger || value.get<std::int64_t>() < -kLargestInteger)
        throw Error("cannot hash JSON: an integer beyond 2^53");
      return;
    case Json::value_t::number_unsigned:
      if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(kLargestInteger)) {
        throw Error("cannot hash JSON: an integer beyond 2^53");
      }
      return;
    case Json::value_t::boolean:
    case Json::value_t::null:
      return;
    case Json::value_t::number_float:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      throw Error("cannot hash JSON: only strings, booleans, null, arrays, objects and integers");
  }
}

}  // namespace

Json parse_json(std::string_view text, const std::string& name, std::size_t max_bytes,
                std::size_t max_values) {
  if (text.size() > max_bytes) {
    throw Error(name + ": longer than " + std::to_string(max_bytes) + " bytes");
  }
  StrictReader reader;
  reader.most_values = max_values;
  if (!Json::sax_parse(text, &reader)) {
    throw Error(name + ": " + (reader.problem.empty() ? "not JSON" : visible(reader.problem)));
  }
  return std::move(reader.document);
}

std::string canonical_json(const Json& document) {
  require_hashable(document);
  return document.dump();
}

std::string pretty_json(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string compact_json(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace jit::util

#pragma once
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace jit::util {

using Json = nlohmann::json;

/// Foreign JSON is read only through this (RFC 8259, and stricter): one document, at most `max_bytes` long,
/// of `max_values` values, and 64 deep, no duplicate keys, no NUL in strings, no number that is not finite.
/// Throws Error saying what and where; `name` is what the text is called in that message.
Json parse_json(std::string_view text, const std::string& name, std::size_t max_bytes = 4U << 20U,
                std::size_t max_values = 10'000'000);

/// The one text that is hashed: sorted keys, compact, UTF-8, as RFC 8785 would write it. Throws Error for
/// what RFC 8785 implementations could disagree on: floats, integers beyond 2^53, keys that are not ASCII,
/// invalid UTF-8.
std::string canonical_json(const Json& document);

/// For a person or a program to read: UTF-8 that is not valid never throws but is replaced.
std::string pretty_json(const Json& document);
std::string compact_json(const Json& document);

}  // namespace jit::util

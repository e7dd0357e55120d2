#pragma once
#include <string>

namespace jit::live {

/// Percent-encoded for the query of a URL (RFC 3986: all but unreserved characters).
std::string url_encoded(const std::string& text);

/// The address of an API below a base URL, which may end with "/".
std::string below(const std::string& base, const std::string& path);

}  // namespace jit::live

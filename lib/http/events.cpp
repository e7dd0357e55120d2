#include "http/events.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

namespace jit::http {

EventReader::EventReader(const util::Json& known)
    : m_known(known.is_string() ? known.get<std::string>() : "") {}

std::optional<std::string> EventReader::take(const std::string& piece) {
  constexpr std::size_t kLongestLine = 1024;
  constexpr std::string_view kId = "id:";
  for (const char c : piece) {
    if (c == '\r') continue;
    if (c != '\n') {
      if (m_line.size() < kLongestLine) m_line += c;  // what is longer is no id
      continue;
    }
    if (m_line.starts_with(kId)) {
      m_id = m_line.substr(kId.size());
      if (m_id.starts_with(' ')) m_id.erase(0, 1);
    }
    // An empty line ends an event.
    if (m_line.empty() && !m_id.empty() && m_id != m_known) return m_id;
    m_line.clear();
  }
  return std::nullopt;
}

}  // namespace jit::http

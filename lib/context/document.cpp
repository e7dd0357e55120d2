#include "context/document.hpp"

#include <nlohmann/json.hpp>

#include "util/text.hpp"

namespace jit::context {

Document::Document(util::Json context) : m_context(std::make_unique<util::Json>(std::move(context))) {}

Document::~Document() = default;

const util::Json* Document::find(std::string_view path) {
  return is_zoned(path) ? m_zoned.find(path, find_in(*m_context, "time.at")) : find_in(*m_context, path);
}

std::vector<std::string> argv_of(const util::Json& context) {
  std::vector<std::string> argv;
  const util::Json* words = find_in(context, "command.argv");
  if (words == nullptr || !words->is_array()) return argv;
  const util::Json raw = context.value("raw", util::Json());
  for (const util::Json& word : *words) {
    const std::string path = "command.argv." + std::to_string(argv.size());
    const util::Json bytes = raw.is_object() ? raw.value(path, util::Json()) : util::Json();
    const auto unhexed = bytes.is_string() ? util::unhex(bytes.get_ref<const std::string&>()) : std::nullopt;
    argv.push_back(unhexed            ? *unhexed
                   : word.is_string() ? word.get<std::string>()
                                      : util::compact_json(word));
  }
  return argv;
}

std::string shown_line(const std::vector<std::string>& argv) {
  return util::escape_invalid_utf8(util::shell_line(argv));
}

}  // namespace jit::context

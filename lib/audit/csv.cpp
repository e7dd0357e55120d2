#include "audit/csv.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "util/text.hpp"

namespace jit::audit {
namespace {

using util::Json;

std::string field(const std::string& text) {
  std::string shown = util::visible(text);
  constexpr std::string_view kFormula = "=+-@";
  if (!shown.empty() && kFormula.find(shown.front()) != std::string_view::npos) shown.insert(0, 1, '\'');
  if (shown.find_first_of(",\"\r\n") == std::string::npos) return shown;
  std::string quoted = "\"";
  for (const char c : shown) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : util::compact_json(*found);
}

std::string record(const std::vector<std::string>& fields) {
  std::vector<std::string> written;
  written.reserve(fields.size());
  for (const auto& text : fields) written.push_back(field(text));
  return util::join(written, ",") + "\r\n";
}

}  // namespace

std::string csv_header() {
  return record({"seq", "at", "actor", "type", "request", "state", "command", "reason", "ticket", "message",
                 "data", "prev", "hash"});
}

std::string csv_record(const Entry& entry) {
  static const Json empty = Json::object();
  const Json& json = entry.entry->is_object() ? *entry.entry : empty;
  const Json& data = json.contains("data") && json["data"].is_object() ? json["data"] : empty;
  return record({text_of(json, "seq"), text_of(json, "at"), text_of(json, "actor"), text_of(json, "type"),
                 text_of(json, "request"), text_of(data, "state"), text_of(data, "line"),
                 text_of(data, "reason"), text_of(data, "ticket"), text_of(data, "message"),
                 data.dump(-1, ' ', true, Json::error_handler_t::replace), text_of(json, "prev"),
                 entry.hash});
}

}  // namespace jit::audit

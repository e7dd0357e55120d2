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

std::string cell_of(const Json& object, const char* key) {
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
  static const Json kEmpty = Json::object();
  const Json& json = entry.entry->is_object() ? *entry.entry : kEmpty;
  const Json& data = json.contains("data") && json["data"].is_object() ? json["data"] : kEmpty;
  return record({cell_of(json, "seq"), cell_of(json, "at"), cell_of(json, "actor"), cell_of(json, "type"),
                 cell_of(json, "request"), cell_of(data, "state"), cell_of(data, "line"),
                 cell_of(data, "reason"), cell_of(data, "ticket"), cell_of(data, "message"),
                 data.dump(-1, ' ', true, Json::error_handler_t::replace), cell_of(json, "prev"),
                 entry.hash});
}

}  // namespace jit::audit

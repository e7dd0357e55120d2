// Exported audit trails of anybody: checked line by line, shown as a log and as CSV, each on one line.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/csv.hpp"
#include "audit/line.hpp"
#include "store/verify.hpp"
#include "util/error.hpp"

using namespace jit;

namespace {

bool is_one_line(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

void show(const audit::Entry& entry) {
  if (!is_one_line(audit::to_log_line(entry))) std::abort();
  const std::string record = audit::csv_record(entry);
  if (!record.ends_with("\r\n") || !is_one_line(record.substr(0, record.size() - 2))) std::abort();
  if (!is_one_line(audit::to_export_line(entry))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  const auto next = [&]() -> std::optional<audit::Entry> {
    std::string line;
    if (!std::getline(lines, line)) return std::nullopt;
    audit::Entry entry = audit::from_export_line(line);
    show(entry);
    return entry;
  };
  (void)store::verify(next, std::nullopt);
  return 0;
}

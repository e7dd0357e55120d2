// Command lines of any bytes, one word a line: reading, unwrapping and showing never fail.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "context/command_line.hpp"

namespace {

class NoSpecs final : public jit::context::CommandSpecs {
  const jit::context::CommandSpec* find(std::string_view /*name*/) const override { return nullptr; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::string> argv(1);
  for (size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      argv.emplace_back();
    } else {
      argv.back() += static_cast<char>(data[i]);
    }
  }
  const auto readings = jit::context::read_command_line(argv, nullptr);
  if (readings.all.empty() || readings.all.size() > jit::context::kMaxReadings) std::abort();
  (void)jit::context::options_json(readings);
  const auto unwrapped = jit::context::unwrap_all(argv, NoSpecs());
  if (unwrapped.commands.size() > jit::context::kMaxInner) std::abort();
  return 0;
}

#include "live/kind.hpp"

#include <algorithm>
#include <array>

namespace jit::live {
namespace {

constexpr std::array kKinds{Kind{"alertmanager", ask_alertmanager, read_alertmanager},
                            Kind{"prometheus", ask_prometheus, read_prometheus},
                            Kind{"http", ask_http, read_http}, Kind{"file", ask_file, read_file},
                            Kind{"program", ask_program, read_program}};

}  // namespace

const Kind* find_kind(const std::string& name) {
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == name; });
  return found == kKinds.end() ? nullptr : found;
}

}  // namespace jit::live

// A repository whose files are of any bytes: the input is split at "---\n" into HEAD, config, packed-refs,
// index and a loose ref. Reading it gives facts or an error.
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "git/facts.hpp"
#include "util/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string root = [] {
    std::string name = "/tmp/jit-fuzz-git-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    static std::string kept;
    kept = name;
    std::atexit([] { std::filesystem::remove_all(kept); });
    for (const char* directory : {"/.git/objects", "/.git/refs/heads"})
      std::filesystem::create_directories(name + directory);
    return name;
  }();
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"HEAD", "config", "packed-refs", "index", "refs/heads/main"}) {
    const auto end = text.find("---\n");
    std::ofstream(root + "/.git/" + name, std::ios::binary | std::ios::trunc) << text.substr(0, end);
    text = end == std::string::npos ? "" : text.substr(end + 4);
  }
  try {
    (void)jit::git::facts(root);
  } catch (const jit::util::Error&) {
  }
  return 0;
}

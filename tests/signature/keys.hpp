#pragma once
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/scratch.hpp"
#include "util/text.hpp"

namespace jit::test {

inline void shell(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error(command);
}

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A new key without a passphrase: `options` as for ssh-keygen, "-t ed25519".
inline std::string make_key(const std::string& path, const std::string& options = "-t ed25519") {
  shell("ssh-keygen -q -N '' -C '' " + options + " -f " + util::shell_quote(path));
  return path;
}

/// "ssh-ed25519 AAAA…"
inline std::string public_half(const std::string& key) {
  std::string line = content(key + ".pub");
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  return line;
}

inline std::string signer_line(const std::string& person, const std::string& key,
                               const std::string& more = "") {
  return person + " " + more + "namespaces=\"jit-run-review\" " + public_half(key) + "\n";
}

}  // namespace jit::test

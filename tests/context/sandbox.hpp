#pragma once
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace jit::test {

/// A directory of its own, gone at the end.
class Sandbox {
 public:
  Sandbox() {
    std::string name = "/tmp/jit-context-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    m_path = std::filesystem::canonical(name);
  }
  ~Sandbox() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
};

inline void put_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  REQUIRE(file.flush());
}

/// Another working directory, until the end of the scope.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const std::string& path) : m_before(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  ~WorkingDirectory() { std::filesystem::current_path(m_before); }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;

 private:
  std::filesystem::path m_before;
};

/// A variable's value (nullptr: unset), until the end of the scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : m_name(name) {
    if (const char* before = ::getenv(name)) m_before = before, m_had = true;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Variable() { m_had ? ::setenv(m_name.c_str(), m_before.c_str(), 1) : ::unsetenv(m_name.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string m_name, m_before;
  bool m_had = false;
};

}  // namespace jit::test

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/time.hpp"
#include "yaml/document.hpp"

namespace jit::policy {

/// Reads typed values from the nodes of one file. What is of another type is noted as a problem, and reading
/// goes on, so that one run reports everything; the caller gets nullopt (or nullptr, or false) and leaves the
/// value out. `what` names the value in the message: "effect of the rule".
class Reader {
 public:
  Reader(std::string file, std::vector<yaml::Problem>& problems)
      : m_file(std::move(file)), m_problems(problems) {}

  const std::string& file() const { return m_file; }
  void problem(const yaml::Node& where, std::string text);

  std::optional<std::string> text(const yaml::Node& node, const std::string& what);
  /// Text that becomes a key of documents that are hashed: printable ASCII, so that it sorts alike
  /// everywhere.
  std::optional<std::string> name(const yaml::Node& node, const std::string& what);
  std::optional<bool> boolean(const yaml::Node& node, const std::string& what);
  std::optional<std::int64_t> integer(const yaml::Node& node, const std::string& what, std::int64_t least,
                                      std::int64_t most);
  std::optional<util::Millis> duration(const yaml::Node& node, const std::string& what);
  /// A regular expression that compiles.
  std::optional<std::string> regex(const yaml::Node& node, const std::string& what);
  const std::vector<yaml::Node>* list(const yaml::Node& node, const std::string& what);
  bool map(const yaml::Node& node, const std::string& what);
  /// A map that has none but these keys.
  bool map_of(const yaml::Node& node, const std::string& what, const std::vector<std::string>& keys);
  /// A list of texts, without repeats.
  std::vector<std::string> texts(const yaml::Node& node, const std::string& what);
  /// The value of a key that must be there.
  const yaml::Node* required(const yaml::Node& map, const char* key, const std::string& what);

 private:
  bool wrong_kind(const yaml::Node& node, yaml::Node::Kind wanted, const std::string& what);

  std::string m_file;
  std::vector<yaml::Problem>& m_problems;
};

}  // namespace jit::policy

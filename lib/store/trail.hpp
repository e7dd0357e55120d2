#pragma once
#include <map>
#include <optional>
#include <string>

#include "approval/request.hpp"
#include "store/store.hpp"
#include "store/story.hpp"
#include "util/json.hpp"

namespace jit::store {

/// Follows the audit entries and knows from them where each request must be.
class Trail {
 public:
  /// What is wrong with an entry after those before it; nullopt when it fits.
  std::optional<std::string> follow(const util::Json& entry);
  /// The first request that is not where its entries left it, in words.
  std::optional<std::string> compare(Store& store) const;

 private:
  static std::optional<std::string> context_difference(const Story& story, const approval::Request& request);
  static std::optional<std::string> recording_difference(const Story& story, const approval::Request& request,
                                                         Store& store);
  static std::optional<std::string> command_difference(const std::map<std::string, std::string>& commands,
                                                       Store& store);
  static std::optional<std::string> difference(const Story& story, const approval::Request& request);

  std::map<std::string, Story> m_stories;  // by request
};

}  // namespace jit::store

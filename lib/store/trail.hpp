#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "approval/request.hpp"
#include "store/store.hpp"
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
  struct Story {
    std::string requester, state;
    std::shared_ptr<const util::Json> asked;      // the data of its first entry
    std::string stored{};                         // the digest of the text that it has since its last entry
    std::map<std::string, std::string> reviews;   // reviewer → verdict
    std::optional<int> uses_left{};               // after a claim
    std::string review_by{};                      // after break-glass
    std::shared_ptr<const util::Json> outcome{};  // the last that was reported
    // Each use that was reported → the hash of what was recorded of it, "" for nothing.
    std::map<int, std::string> recordings{};
  };
  static std::optional<std::string> out_of_turn(const Story& story, const std::string& type,
                                                const util::Json& data);
  static void follow_report(Story& story, const util::Json& data);
  static std::optional<std::string> context_difference(const Story& story, const approval::Request& request);
  static std::optional<std::string> recording_difference(const Story& story, const approval::Request& request,
                                                         Store& store);
  static std::optional<std::string> difference(const Story& story, const approval::Request& request);

  std::map<std::string, Story> m_stories;  // by request
};

}  // namespace jit::store

#include <filesystem>
#include <functional>

#include "policy/draft.hpp"
#include "signature/allowed_signers.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

// Throws UsageError for a file that cannot be used.
using Check = std::function<void(const std::string& path)>;

// A relative path is from the policy's own directory: a policy does not mean another file elsewhere.
std::string whole_path(const std::string& file, const std::string& written) {
  return (std::filesystem::absolute(file).parent_path() / written).lexically_normal().string();
}

// What is wrong with it is said where the policy names it: a set with keys that do not count is no set.
std::unique_ptr<compiled::SignerFileT> read_signer_file(Reader& reader, const yaml::Node& node,
                                                        const std::string& what, const Check& check) {
  const auto written = reader.text(node, what);
  if (!written) return nullptr;
  if (written->empty()) {
    reader.problem(node, what + " is empty");
    return nullptr;
  }
  auto signers = std::make_unique<compiled::SignerFileT>();
  signers->path = whole_path(reader.file(), *written);
  try {
    const auto file = util::open_trusted(signers->path);
    if (file)
      signers->identity = std::make_unique<compiled::Identity>(packed(util::identity_of(file->status)));
    check(signers->path);
    return signers;
  } catch (const util::Error& error) {
    const std::string hint = error.hint().empty() ? "" : " (" + error.hint() + ")";
    reader.problem(node, what + ": " + error.what() + hint);
    return nullptr;
  }
}

void read_one(Reader& reader, const yaml::Node& root, const char* key, std::optional<Place>& first,
              std::unique_ptr<compiled::SignerFileT>& kept, const Check& check) {
  for (const auto& [name, value] : root.entries) {
    if (name.scalar != key) continue;
    auto signers = read_signer_file(reader, value, "\"" + std::string(key) + "\"", check);
    if (signers && kept && signers->path != kept->path)
      note_conflict(reader, name, "\"" + std::string(key) + "\"", *first);
    if (!first) first = place_of(reader, name);
    if (signers && !kept) kept = std::move(signers);
  }
}

}  // namespace

void read_signers(Reader& reader, const yaml::Node& root, Draft& draft) {
  const auto read_allowed = [&](const std::string& path) {
    draft.signers = signature::load_allowed_signers(path).people;
    if (draft.signers.empty())
      throw util::UsageError(util::visible(path) + ": nobody may sign reviews by it",
                             "a line: alice namespaces=\"jit-run-review\" ssh-ed25519 AAAA…");
  };
  const auto read_revoked = [](const std::string& path) { (void)signature::load_revoked_signers(path); };
  read_one(reader, root, "allowed_signers", draft.allowed_signers, draft.set.allowed_signers, read_allowed);
  read_one(reader, root, "revoked_signers", draft.revoked_signers, draft.set.revoked_signers, read_revoked);
}

}  // namespace jit::policy

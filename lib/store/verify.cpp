#include "store/verify.hpp"

#include <nlohmann/json.hpp>

#include "store/trail.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

/// One walk along a chain.
class Walk {
 public:
  Walk(const std::optional<std::string>& sought, const AlsoCheck& also)
      : m_sought(sought), m_also(also), m_verifier(sought.value_or("")) {}

  /// False when there is something wrong, and no sense in going on.
  bool step(const audit::Entry& entry) {
    m_problem = m_verifier.check(entry);
    if (!m_problem) m_problem = m_trail.follow(*entry.entry);
    if (!m_problem && m_also) m_problem = m_also(*entry.entry);
    if (!m_problem) m_intact = {m_verifier.count(), m_verifier.head(), std::nullopt};
    return !m_problem;
  }
  void fail(std::string problem) { m_problem = std::move(problem); }

  /// `store`, where there is one, is compared with the trail.
  Verification finish(Store* store) {
    if (!m_problem && m_sought && !m_verifier.found_sought()) {
      m_problem = "no entry has the hash " + util::visible(*m_sought) +
                  ": the trail was cut or rewritten, and ends with entry " +
                  std::to_string(m_verifier.count());
    }
    if (!m_problem && store != nullptr) m_problem = m_trail.compare(*store);
    m_intact.problem = m_problem;
    return m_intact;
  }
  std::int64_t count() const { return m_intact.intact; }

 private:
  std::optional<std::string> m_sought;
  const AlsoCheck& m_also;
  audit::Verifier m_verifier;
  Trail m_trail;
  Verification m_intact;
  std::optional<std::string> m_problem;
};

}  // namespace

Verification verify(Store& store, const std::optional<std::string>& sought, const AlsoCheck& also) {
  Verification result;
  // Both halves as of one moment, or a request decided meanwhile would look edited.
  store.snapshot([&] {
    Walk walk(sought, also);
    store.read_audit({}, [&](const audit::Entry& entry) { return walk.step(entry); });
    result = walk.finish(&store);
  });
  return result;
}

Verification verify(const std::function<std::optional<audit::Entry>()>& next,
                    const std::optional<std::string>& sought, const AlsoCheck& also) {
  Walk walk(sought, also);
  try {
    for (auto entry = next(); entry && walk.step(*entry); entry = next()) {
    }
  } catch (const util::Error& error) {
    walk.fail("entry " + std::to_string(walk.count() + 1) + ": " + error.what());
  }
  return walk.finish(nullptr);
}

}  // namespace jit::store

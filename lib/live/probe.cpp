#include "live/probe.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "live/wire.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::live {
namespace {

constexpr util::Millis kFirstPause{500};
constexpr util::Millis kLongestPause{30'000};
// The helper itself ends what takes too long: this is for one that does not.
constexpr util::Millis kGrace{1000};
// A source that does not answer is asked again sooner than one that does.
constexpr util::Millis kFailedAge{5000};
constexpr util::Millis kUsualTimeout{2000};
constexpr util::Millis kUsualAge{15'000};

util::Millis duration_in(const Source& source, const char* key, util::Millis otherwise) {
  const auto settings = util::parse_json(source.settings, "a source");
  return util::Millis{settings.value(key, static_cast<std::int64_t>(otherwise.count()))};
}

util::Millis longest_timeout(const std::vector<Source>& sources) {
  util::Millis longest{0};
  for (const auto& source : sources)
    longest = std::max(longest, duration_in(source, "timeout", kUsualTimeout));
  return longest;
}

}  // namespace

Probe::Probe(std::string program, int interrupt) : m_program(std::move(program)), m_interrupt(interrupt) {}
Probe::~Probe() = default;

bool Probe::is_fresh(const Source& source) const {
  const auto known = m_answered.find(source.definition());
  if (known == m_answered.end()) return false;
  auto most = duration_in(source, "max_age", kUsualAge);
  if (!m_answers.at(source.definition()).problem.empty()) most = std::min(most, kFailedAge);
  return Clock::now() - known->second < most;
}

bool Probe::is_fresh(const std::vector<Source>& sources) const {
  return std::all_of(sources.begin(), sources.end(), [&](const Source& source) { return is_fresh(source); });
}

std::chrono::milliseconds Probe::age(const Source& source) const {
  const auto known = m_answered.find(source.definition());
  return known == m_answered.end()
             ? std::chrono::milliseconds{0}
             : std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - known->second);
}

std::vector<Answer> Probe::failed(std::size_t count, const std::string& why, const std::string& hint) {
  m_helper.reset();
  m_pause = std::clamp(m_pause * 2, kFirstPause, kLongestPause);
  m_not_before = Clock::now() + m_pause;
  return {count, Answer{{}, why, hint}};
}

std::vector<Answer> Probe::ask_helper(const std::vector<Source>& sources) {
  try {
    if (!m_helper) {
      if (Clock::now() < m_not_before)
        return {sources.size(), Answer{{}, "jit-warnings has failed a moment ago", ""}};
      if (m_program.empty()) m_program = util::libexec_directory() + "/jit-warnings";
      m_helper = std::make_unique<util::Helper>(
          m_program, std::vector<std::string>{m_program},
          std::vector<std::string>{"LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"});
    }
    const auto timeout = longest_timeout(sources) + kGrace;
    std::optional<std::string> line;
    if (m_helper->send(question_line(sources), timeout))
      line = m_helper->receive(timeout, kLongestLine, m_interrupt);
    if (!line) return failed(sources.size(), "jit-warnings did not answer in time", "");
    auto answers = answers_from_line(*line, sources.size());
    m_pause = {};
    return answers;
  } catch (const util::Error& error) {
    return failed(sources.size(), error.what(), error.hint());
  }
}

const Answers& Probe::ask(const std::vector<Source>& sources) {
  std::vector<Source> stale;
  std::set<std::string> wanted;
  for (const auto& source : sources) {
    if (wanted.insert(source.definition()).second && !is_fresh(source)) stale.push_back(source);
  }
  // What no policy defines any more is nobody's concern.
  std::erase_if(m_answers, [&](const auto& known) { return !wanted.contains(known.first); });
  std::erase_if(m_answered, [&](const auto& known) { return !wanted.contains(known.first); });
  if (stale.empty()) return m_answers;
  auto answers = ask_helper(stale);
  for (std::size_t i = 0; i < stale.size(); ++i) {
    m_answers[stale[i].definition()] = std::move(answers[i]);
    m_answered[stale[i].definition()] = Clock::now();
  }
  return m_answers;
}

}  // namespace jit::live

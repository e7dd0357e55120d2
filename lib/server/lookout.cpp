#include "server/lookout.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "live/probe.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::server {
namespace {

std::string quoted(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return "\"" + escaped + "\"";
}

}  // namespace

Lookout::Lookout(const Log& log) : m_log(log), m_stop_signal(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!m_stop_signal) throw util::SystemError(errno, "eventfd");
  m_thread = std::thread([this] { run(); });
}

Lookout::~Lookout() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  (void)::eventfd_write(m_stop_signal.get(), 1);
  m_wake.notify_one();
  m_thread.join();
}

void Lookout::use(std::vector<live::Source> sources) {
  const std::lock_guard lock(m_mutex);
  m_sources = std::move(sources);
  m_has_sources = !m_sources.empty();
  std::erase_if(m_states, [&](const State& state) {
    return std::none_of(m_sources.begin(), m_sources.end(),
                        [&](const live::Source& source) { return source.name == state.source; });
  });
}

void Lookout::look(Done done) {
  {
    const std::lock_guard lock(m_mutex);
    m_waiting.push_back(std::move(done));
  }
  m_wake.notify_one();
}

void Lookout::run() {
  live::Probe probe({}, m_stop_signal.get());
  std::unique_lock lock(m_mutex);
  while (true) {
    m_wake.wait(lock, [&] { return m_stop || !m_waiting.empty(); });
    if (m_stop && m_waiting.empty()) return;
    // Who comes while these are asked is answered after the next round: no answer is older than it may be.
    const auto waiting = std::exchange(m_waiting, {});
    const auto sources = m_sources;
    lock.unlock();
    const auto answers = std::make_shared<const live::Answers>(probe.ask(sources));
    for (const auto& done : waiting) done(answers);
    lock.lock();
    note(sources, probe, *answers);
  }
}

// Says once what has become of a source.
void Lookout::note(const std::vector<live::Source>& sources, const live::Probe& probe,
                   const live::Answers& answers) {
  std::vector<State> states;
  for (const auto& source : sources) {
    const auto& answer = answers.at(source.definition());
    const auto known = std::find_if(m_states.begin(), m_states.end(),
                                    [&](const State& state) { return state.source == source.name; });
    const bool was_known = known == m_states.end() || known->is_known;
    const bool is_known = answer.problem.empty();
    const std::string name = "warnings: " + util::visible(source.name);
    if (was_known && !is_known)
      m_log.warn(name + ": " + answer.problem + (answer.hint.empty() ? "" : " (" + answer.hint + ")"));
    if (!was_known && is_known) m_log.info(name + ": answers again");
    states.push_back({source.name, is_known, std::chrono::steady_clock::now() - probe.age(source)});
  }
  m_states = std::move(states);
}

std::string Lookout::metrics() const {
  const std::lock_guard lock(m_mutex);
  if (m_states.empty()) return "";
  std::string up =
      "# HELP jit_warning_source_up Whether a source of warnings answered when it was last asked.\n"
      "# TYPE jit_warning_source_up gauge\n";
  std::string age =
      "# HELP jit_warning_source_age_seconds How long ago it was last asked.\n"
      "# TYPE jit_warning_source_age_seconds gauge\n";
  const auto now = std::chrono::steady_clock::now();
  for (const auto& state : m_states) {
    const std::string label = "{source=" + quoted(state.source) + "} ";
    up += "jit_warning_source_up" + label + (state.is_known ? "1" : "0") + "\n";
    age += "jit_warning_source_age_seconds" + label +
           std::to_string(std::chrono::duration<double>(now - state.answered).count()) + "\n";
  }
  return up + age;
}

}  // namespace jit::server

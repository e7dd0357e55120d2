#include "gate/recorded.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "approval/life_cycle.hpp"
#include "run/exec.hpp"
#include "run/held_signals.hpp"
#include "run/recorder.hpp"
#include "run/session.hpp"
#include "run/supervise.hpp"
#include "run/user_terminal.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::gate {
namespace {

using Clock = std::chrono::steady_clock;
using util::Json;

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? name : std::to_string(signal);
}

Json ending_of(const run::Ended& ended) {
  if (ended.error != 0)
    return {{"status", run::exit_code_of(ended.error)}, {"error", std::strerror(ended.error)}};
  if (!ended.status) return {{"error", "how it ended is not known: what watched it was killed"}};
  if (WIFSIGNALED(*ended.status)) return {{"signal", signal_name(WTERMSIG(*ended.status))}};
  return {{"status", WEXITSTATUS(*ended.status)}};
}

std::string header_of(const approval::Request& request, int use, const winsize& size, util::Time at) {
  const char* terminal = ::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  const std::string title = "request " + request.id.text() + ", use " + std::to_string(use);
  return run::Asciicast::header({size.ws_col > 0 ? size.ws_col : 80, size.ws_row > 0 ? size.ws_row : 24, at,
                                 title, util::escape_invalid_utf8(terminal != nullptr ? terminal : "")});
}

/// One run of a command that something is kept of.
class Recording {
 public:
  Recording(const Granted& granted, const Command& command, backend::Backend& backend,
            run::StatusStream& status)
      : m_granted(granted),
        m_command(command),
        m_backend(backend),
        m_status(status),
        m_use(approval::uses_begun(*granted.request)),
        m_started_at(backend.now()) {}

  // nullopt: it was not started.
  std::optional<int> run() {
    const auto ended = run_command();
    m_outcome.update(ended ? ending_of(*ended) : Json{{"error", "replaced at the last moment: not started"}});
    m_outcome["started_at"] = util::to_rfc3339(m_started_at);
    m_outcome["duration_ms"] = std::chrono::duration_cast<util::Millis>(Clock::now() - m_began).count();
    m_outcome["use"] = m_use;
    const bool is_lost = ended && ended->error == 0 && !ended->status;
    if (m_recorder) finish_recording(is_lost);
    if (ended) m_status.event("exit", m_granted.request->id.text(), &m_outcome);
    report();
    if (!ended) return std::nullopt;
    if (ended->error != 0) {
      say(util::SystemError(ended->error, m_command.argv.front()).what());
      return run::exit_code_of(ended->error);
    }
    m_signals.drop_ending();
    if (!ended->status) return lost();
    if (WIFSIGNALED(*ended->status)) run::HeldSignals::end_by(WTERMSIG(*ended->status));
    return WEXITSTATUS(*ended->status);
  }

 private:
  std::optional<run::Ended> run_command() {
    const auto& permit = m_granted.permit;
    const bool is_session = m_granted.record == policy::Record::session;
    auto terminal = is_session ? run::UserTerminal::find() : std::nullopt;
    if (is_session) start_recording(terminal ? terminal->size() : winsize{});
    // To keep the first line took its time, on a disk or at a server.
    if (!m_command.is_still_so()) return std::nullopt;
    m_status.event("exec", m_granted.request->id.text());
    m_began = Clock::now();
    if (!terminal) return run::supervise(permit, m_command.path, m_command.argv, m_signals);
    const run::Shown shown{[this](std::string_view bytes) { m_recorder->output(bytes); },
                           [this](int columns, int rows) { m_recorder->resized(columns, rows); }};
    return run::run_session(permit, m_command.path, m_command.argv, m_signals, *terminal, shown);
  }

  // Its first line is kept before the command starts: so it is known that a recording can be kept.
  void start_recording(const winsize& size) {
    const auto& request = *m_granted.request;
    const auto append = [this, id = request.id](std::size_t start, const std::string& bytes) {
      m_backend.append_recording(id, {m_use, start, bytes});
    };
    m_recorder.emplace(run::Recorder::Target{append, m_backend.recording_limit()},
                       header_of(request, m_use, size, m_started_at));
    m_backend.attend({m_recorder->given_up_fd()});
  }

  int lost() const {
    say("how the command ended is not known: what watched it was killed; it may still run    request " +
        m_granted.request->id.brief());
    hint("the approvers see it so in the trail: jit-audit log");
    return static_cast<int>(Exit::unavailable);
  }

  // `is_lost`: what the command showed from some moment on did not come here.
  void finish_recording(bool is_lost) {
    const auto missing = m_recorder->finish(m_signals.ending_fd());
    m_outcome["recording"] = {{"complete", !missing && !is_lost}};
    if (missing) say("the recording is incomplete: " + *missing);
  }

  void report() {
    const auto& id = m_granted.request->id;
    m_signals.drop_ending();  // what came before was meant for the command
    m_backend.attend({m_signals.ending_fd()});
    std::string problem;
    try {
      const auto result = m_backend.report(id, m_outcome);
      if (const auto* refusal = std::get_if<backend::Refusal>(&result)) problem = refusal->text;
      if (std::holds_alternative<backend::NoSuchRequest>(result))
        problem = "there is no such request any more";
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (!problem.empty()) say("how it ended was not recorded: " + problem + "    request " + id.brief());
  }

  const Granted& m_granted;
  const Command& m_command;
  backend::Backend& m_backend;
  run::StatusStream& m_status;
  int m_use;
  util::Time m_started_at;
  Clock::time_point m_began = Clock::now();
  run::HeldSignals m_signals;
  std::optional<run::Recorder> m_recorder;
  Json m_outcome = Json::object();
};

}  // namespace

std::optional<int> run_recorded(const Granted& granted, const Command& command, backend::Backend& backend,
                                run::StatusStream& status) {
  if (!granted.request) throw util::Error("there is no request to record to");
  return Recording(granted, command, backend, status).run();
}

}  // namespace jit::gate

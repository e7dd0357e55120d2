#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "live/source.hpp"
#include "util/subprocess.hpp"

namespace jit::live {

/// Asks sources through the helper program jit-warnings, all at once, and remembers what they said for as
/// long as each of them allows. The helper stays, so that the next question is answered sooner; one that does
/// not answer in time is killed, and one that fails is not started again at once. Not for several threads.
class Probe {
 public:
  /// `program`: the helper; empty for the installed one. `interrupt`: a descriptor, readable when nobody
  /// wants to know any more; -1: none.
  explicit Probe(std::string program = {}, int interrupt = -1);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// An answer for each of them, none older than its source allows. Never throws: what could not be asked is
  /// a problem in its answer.
  const Answers& ask(const std::vector<Source>& sources);
  /// Whether `ask` would have nothing to wait for.
  bool is_fresh(const std::vector<Source>& sources) const;
  /// How long ago each was answered.
  std::chrono::milliseconds age(const Source& source) const;

 private:
  using Clock = std::chrono::steady_clock;
  bool is_fresh(const Source& source) const;
  std::vector<Answer> ask_helper(const std::vector<Source>& sources);
  std::vector<Answer> failed(std::size_t count, const std::string& why, const std::string& hint);

  std::string m_program;
  int m_interrupt;
  std::unique_ptr<util::Helper> m_helper;
  util::Millis m_pause{};  // before it is started again
  Clock::time_point m_not_before;
  Answers m_answers;
  std::map<std::string, Clock::time_point> m_answered;  // by definition
};

}  // namespace jit::live

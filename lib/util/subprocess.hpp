#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.hpp"
#include "util/time.hpp"

namespace jit::util {

/// A helper program of ours in a session of its own, so that the terminal's signals do not reach it, with its
/// stdin and stdout on pipes and stderr on /dev/null. Killed and reaped when it goes out of scope: it never
/// outlives us.
class Helper {
 public:
  /// `program` is an absolute path; the environment is exactly `environment`. Throws SystemError.
  Helper(const std::string& program, const std::vector<std::string>& argv,
         const std::vector<std::string>& environment);
  ~Helper();
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  /// Sends one line, and meanwhile takes what the helper says, to be received later: it need not read before
  /// it has said it. False when the helper is gone, or does not read it within `timeout`.
  bool send(const std::string& line, Millis timeout);
  /// The next line without its newline; nullopt after `timeout`, at its end, beyond `limit` bytes, or when
  /// `interrupt` (a descriptor; -1: none) is readable.
  std::optional<std::string> receive(Millis timeout, std::size_t limit, int interrupt = -1);
  /// Readable when there may be more to receive than what was taken already.
  int fd() const { return m_out.get(); }
  /// Whether there is a line to receive that was taken already.
  bool has_line() const { return m_buffer.find('\n', m_searched) != std::string::npos; }
  /// In words for whoever wonders why it says nothing: "was killed by signal 9", "ended with exit code 1".
  /// Empty while it runs.
  std::string how_it_ended() const;

 private:
  bool write_and_read(std::string_view bytes, Millis timeout);
  bool read_some();

  pid_t m_pid = -1;
  Fd m_in, m_out;
  std::string m_buffer;
  std::size_t m_searched = 0;  // no newline in so many bytes of it
};

/// How a program ended whose output was captured.
struct Captured {
  enum class End {
    late,         // not within its time
    too_large,    // it wrote more than it may
    interrupted,  // somebody wanted no more of it
    signalled,    // `code` is the signal
    exited        // `code` is the exit code
  };
  End end = End::late;
  int code = 0;
  std::string output;  // what it wrote, stdout and stderr together, as far as it was read
};

/// Runs `program` (an absolute path) with this process's environment and working directory in a session of
/// its own: no terminal, stdin is /dev/null, no other descriptor of ours. When it ends, or has to, all of its
/// process group is killed, so that what it left behind does not go on. `interrupt`: a descriptor, readable
/// when it is to end. Throws SystemError where it cannot be started.
Captured capture(const std::string& program, const std::vector<std::string>& argv, Millis timeout,
                 std::size_t limit, int interrupt);

/// The directory of the helper programs of this installation (".../libexec/jit-run"), found from the running
/// program's own place. Throws Error when /proc does not tell.
std::string libexec_directory();

}  // namespace jit::util

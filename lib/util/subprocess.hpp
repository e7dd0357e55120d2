#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
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

  /// Sends one line. False when the helper is gone, or does not read it within `timeout`.
  bool send(const std::string& line, Millis timeout);
  /// The next line without its newline; nullopt after `timeout`, at its end, beyond `limit` bytes, or when
  /// `interrupt` (a descriptor; -1: none) is readable.
  std::optional<std::string> receive(Millis timeout, std::size_t limit, int interrupt = -1);
  /// Readable when there may be more to receive.
  int fd() const { return m_out.get(); }

 private:
  pid_t m_pid = -1;
  Fd m_in, m_out;
  std::string m_buffer;
  std::size_t m_searched = 0;  // no newline in so many bytes of it
};

/// The directory of the helper programs of this installation (".../libexec/jit-run"), found from the running
/// program's own place. Throws Error when /proc does not tell.
std::string libexec_directory();

}  // namespace jit::util

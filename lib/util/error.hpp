#pragma once
#include <stdexcept>
#include <string>

namespace jit::util {

/// Something that a decision depends on failed or could not be reached: a store, a helper, a file of ours.
/// Ends a program with 117. Not for outcomes such as "denied": those are values.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, std::string hint = {})
      : std::runtime_error(what), m_hint(std::move(hint)) {}
  /// What the user can do about it; empty when nothing is known.
  const std::string& hint() const { return m_hint; }

 private:
  std::string m_hint;
};

/// The user asked for something that cannot be: a wrong option, a policy or configuration that does not load.
/// Ends a program with 125.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A system call failed; `what` says on which file or object, the errno's text is appended.
class SystemError : public Error {
 public:
  SystemError(int error_number, const std::string& what, std::string hint = {});
  int error_number() const { return m_errno; }

 private:
  int m_errno;
};

}  // namespace jit::util

#include "util/error.hpp"

#include <cstring>

namespace jit::util {

SystemError::SystemError(int error_number, const std::string& what, std::string hint)
    : Error(what + ": " + ::strerror(error_number), std::move(hint)),
      m_errno(error_number) {}  // NOLINT(concurrency-mt-unsafe)

}  // namespace jit::util

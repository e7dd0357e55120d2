#include "util/login.hpp"

#include <fcntl.h>

#include <charconv>
#include <limits>

#include "util/fd.hpp"

namespace jit::util {

std::optional<uid_t> login_uid() {
  constexpr const char* kFile = "/proc/self/loginuid";
  const Fd fd(::open(kFile, O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  const std::string text = read_all(fd.get(), 64, kFile).value_or("");
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc() || uid == std::numeric_limits<uid_t>::max()) return std::nullopt;
  return uid;
}

}  // namespace jit::util

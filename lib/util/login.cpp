#include "util/login.hpp"

#include <fcntl.h>

#include <charconv>
#include <limits>

#include "util/fd.hpp"

namespace jit::util {

namespace {

std::optional<uid_t> login_in(const std::string& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  const std::string text = read_all(fd.get(), 64, file).value_or("");
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc() || uid == std::numeric_limits<uid_t>::max()) return std::nullopt;
  return uid;
}

}  // namespace

std::optional<uid_t> login_uid() {
  return login_in("/proc/self/loginuid");
}

std::optional<uid_t> login_uid(pid_t process) {
  return login_in("/proc/" + std::to_string(process) + "/loginuid");
}

}  // namespace jit::util

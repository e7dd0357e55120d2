#include "backend/identity.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace jit::backend {
namespace {

constexpr std::size_t kLargestRecord = 1U << 20U;

// Nothing where the kernel keeps no login uid, or nobody has logged in (cron, a container).
std::optional<uid_t> login_uid() {
  const util::Fd fd(::open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  const std::string text = util::read_all(fd.get(), 64, "/proc/self/loginuid").value_or("");
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc() || uid == std::numeric_limits<uid_t>::max()) return std::nullopt;
  return uid;
}

}  // namespace

std::string user_name(uid_t uid) {
  std::vector<char> buffer(4096);
  passwd record{};
  passwd* found = nullptr;
  int error = 0;
  while ((error = ::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < kLargestRecord) {
    buffer.resize(buffer.size() * 2);
  }
  if (found != nullptr && found->pw_name != nullptr && *found->pw_name != '\0') return found->pw_name;
  return "uid:" + std::to_string(uid);
}

approval::Actor this_process() {
  const uid_t uid = ::getuid();
  const auto login = login_uid();
  return {user_name(uid), login ? user_name(*login) : "", uid == 0};
}

}  // namespace jit::backend

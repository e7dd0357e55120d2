#include "backend/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "util/login.hpp"
#include "util/user.hpp"

namespace jit::backend {
namespace {

// The person behind a root shell that sudo gave, where the kernel knows of no login. A variable is no
// evidence; but this name only ever refuses: it is one more person that this process may not be for itself.
std::optional<uid_t> sudo_uid() {
  const char* text = ::getenv("SUDO_UID");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && !digits.empty() ? std::optional(uid) : std::nullopt;
}

// Whether a namespace of this process is the one that the machine started with (their numbers are part of the
// kernel's interface: include/linux/proc_ns.h).
bool is_initial(const char* name_space, unsigned long long number) {
  struct stat status {};
  const std::string path = std::string("/proc/self/ns/") + name_space;
  if (::stat(path.c_str(), &status) != 0) return errno == ENOENT;  // a kernel without such namespaces
  return status.st_ino == number;
}

}  // namespace

approval::Actor this_process() {
  const uid_t uid = ::getuid();
  auto login = util::login_uid();
  if (!login && uid == 0) login = sudo_uid();
  return {util::user_name(uid), login ? util::user_name(*login) : "", uid == 0};
}

std::string why_not_oneself() {
  constexpr unsigned long long kInitialUser = 0xEFFFFFFDU;
  constexpr unsigned long long kInitialTime = 0xEFFFFFFAU;
  if (!is_initial("user", kInitialUser)) return "in a user namespace a user id can be anybody's";
  if (!is_initial("time", kInitialTime)) return "in a time namespace the clock can say anything";
  return "";
}

}  // namespace jit::backend

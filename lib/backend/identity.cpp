#include "backend/identity.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "util/login.hpp"

namespace jit::backend {
namespace {

constexpr std::size_t kLargestRecord = 1U << 20U;

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
  auto login = util::login_uid();
  if (!login && uid == 0) login = sudo_uid();
  return {user_name(uid), login ? user_name(*login) : "", uid == 0};
}

std::string why_not_oneself() {
  constexpr unsigned long long kInitialUser = 0xEFFFFFFDU;
  constexpr unsigned long long kInitialTime = 0xEFFFFFFAU;
  if (!is_initial("user", kInitialUser)) return "in a user namespace a user id can be anybody's";
  if (!is_initial("time", kInitialTime)) return "in a time namespace the clock can say anything";
  return "";
}

}  // namespace jit::backend

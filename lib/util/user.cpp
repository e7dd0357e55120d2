#include "util/user.hpp"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace jit::util {
namespace {

constexpr std::size_t kLargestRecord = 1U << 20U;

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

}  // namespace jit::util

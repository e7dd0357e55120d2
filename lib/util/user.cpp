#include "util/user.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "util/error.hpp"

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

std::string group_name(gid_t gid) {
  std::vector<char> buffer(kLargestRecord);
  group record{};
  group* found = nullptr;
  if (::getgrgid_r(gid, &record, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->gr_name;
  return "gid:" + std::to_string(gid);
}

uid_t overflow_uid() {
  constexpr uid_t kUsual = 65'534;
  std::ifstream file("/proc/sys/kernel/overflowuid");
  uid_t uid = kUsual;
  return file >> uid ? uid : kUsual;
}

std::optional<std::vector<std::string>> groups_of(const std::string& user) {
  std::vector<char> buffer(kLargestRecord);
  passwd record{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &record, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  const gid_t own = found->pw_gid;
  int count = 64;
  std::vector<gid_t> ids(static_cast<std::size_t>(count));
  if (::getgrouplist(user.c_str(), own, ids.data(), &count) < 0) {
    ids.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(user.c_str(), own, ids.data(), &count) < 0) return std::nullopt;
  }
  ids.resize(static_cast<std::size_t>(count));
  std::vector<std::string> names;
  for (const gid_t id : ids) {
    group entry{};
    group* known = nullptr;
    if (::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &known) == 0 && known != nullptr)
      names.emplace_back(known->gr_name);
  }
  return names;
}

void become(uid_t uid, gid_t otherwise) {
  std::vector<char> buffer(kLargestRecord);
  passwd record{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found);
  const gid_t group = found == nullptr ? otherwise : found->pw_gid;
  // The groups first: who is not root any more cannot change them.
  const int groups = found == nullptr ? ::setgroups(0, nullptr) : ::initgroups(found->pw_name, group);
  if (groups != 0 || ::setresgid(group, group, group) != 0 || ::setresuid(uid, uid, uid) != 0)
    throw SystemError(errno, "become " + user_name(uid));
}

}  // namespace jit::util

#include "policy/groups.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <string_view>

#include "util/error.hpp"

// The name service is asked here only, so that a program which never resolves groups need not link it.
namespace jit::policy {
namespace {

constexpr std::size_t kLargestEntry = 16U << 20U;

struct UnixGroup {
  gid_t gid = 0;
  std::set<std::string> members;
};

std::optional<UnixGroup> find_unix_group(const std::string& name) {
  std::string buffer(4096, '\0');
  struct group entry {};
  struct group* found = nullptr;
  int error = 0;
  while ((error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE ||
         error == EINTR) {
    if (error == EINTR) continue;
    if (buffer.size() >= kLargestEntry) break;
    buffer.resize(buffer.size() * 2);
  }
  // Several of these errno values mean no more than "not found" (getgrnam_r(3)).
  if (found == nullptr && error != 0 && error != ENOENT && error != ESRCH && error != EBADF &&
      error != EPERM) {
    throw util::SystemError(error, "looking up the group " + name);
  }
  if (found == nullptr) return std::nullopt;
  UnixGroup group{entry.gr_gid, {}};
  for (char** member = entry.gr_mem; *member != nullptr; ++member) group.members.insert(*member);
  return group;
}

// Everybody's primary group, which a group's own entry does not list. getpwent keeps one position for the
// process.
std::map<gid_t, std::set<std::string>> primary_members() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::map<gid_t, std::set<std::string>> people;
  ::setpwent();
  while (const struct passwd* entry = ::getpwent()) people[entry->pw_gid].insert(entry->pw_name);
  ::endpwent();
  return people;
}

}  // namespace

std::vector<std::string> Groups::names() const {
  std::vector<std::string> names;
  names.reserve(m_members.size());
  for (const auto& [name, members] : m_members) names.push_back(name);
  return names;
}

std::set<std::string> Groups::people() const {
  const auto all = names();
  std::set<std::string> people;
  for (const auto& [group, members] : resolve({all.begin(), all.end()}))
    people.insert(members.begin(), members.end());
  return people;
}

Roster Groups::resolve(const std::set<std::string>& groups) const {
  Roster roster;
  std::optional<std::map<gid_t, std::set<std::string>>> primary;
  for (const auto& name : groups) {
    if (name == "anyone") continue;
    auto& people = roster[name];
    const auto members = m_members.find(name);
    if (members == m_members.end()) continue;
    for (const auto& member : members->second) {
      if (!member.starts_with(kUnixPrefix)) {
        people.insert(member);
        continue;
      }
      const auto group = find_unix_group(member.substr(kUnixPrefix.size()));
      if (!group) continue;  // Nobody is in a group that this machine does not have.
      people.insert(group->members.begin(), group->members.end());
      if (!primary) primary = primary_members();
      people.insert((*primary)[group->gid].begin(), (*primary)[group->gid].end());
    }
  }
  return roster;
}

}  // namespace jit::policy

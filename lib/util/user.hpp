#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace jit::util {

/// A person by the system's user database; "uid:1234" for a uid that it does not know.
std::string user_name(uid_t uid);
/// The same for a group; "gid:1234" for one that the database does not know.
std::string group_name(gid_t gid);
/// The uid that the kernel shows for all those whom this user namespace does not know (user_namespaces(7)):
/// nobody's identity.
uid_t overflow_uid();
/// The groups of a user, by the same database; nullopt for a user that it does not know.
std::optional<std::vector<std::string>> groups_of(const std::string& user);

/// Turns this process, which is root's, into a user's, with the groups of that one, for good; of a user that
/// the database does not know, with the group `otherwise` alone. Throws SystemError.
void become(uid_t uid, gid_t otherwise);

}  // namespace jit::util

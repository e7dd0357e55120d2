#include "context/machine.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "util/fd.hpp"
#include "util/login.hpp"

namespace jit::context {
namespace {

using util::Json;

struct Person {
  std::string name, home;
};

std::optional<Person> find_person(uid_t uid) {
  std::vector<char> buffer(1U << 16U);
  struct passwd entry {};
  struct passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return Person{entry.pw_name, entry.pw_dir == nullptr ? "" : entry.pw_dir};
}

std::string group_name(gid_t gid) {
  std::vector<char> buffer(1U << 16U);
  struct group entry {};
  struct group* found = nullptr;
  while (true) {
    const int error = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE || buffer.size() > (1U << 24U)) break;
    buffer.resize(buffer.size() * 2);  // a group of thousands
  }
  return found == nullptr ? std::to_string(gid) : entry.gr_name;
}

std::optional<std::string> read_small(const char* path) {
  const util::Fd file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return file ? util::read_all(file.get(), 1U << 16U, path) : std::nullopt;
}

std::string os_name() {
  auto text = read_small("/etc/os-release");
  if (!text) text = read_small("/usr/lib/os-release");
  const std::string lines = "\n" + text.value_or("");
  constexpr std::string_view kKey = "\nPRETTY_NAME=";
  const auto start = lines.find(kKey);
  if (start == std::string::npos) return "Linux";
  std::string value = lines.substr(start + kKey.size());
  value.resize(std::min(value.find('\n'), value.size()));
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
    value = value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

Json user_section(const PutText& put) {
  const uid_t uid = ::getuid();
  const auto person = find_person(uid);
  Json user;
  // A uid without a name gets one that no user database can give to somebody else.
  put(user["name"], "user.name", person ? person->name : "uid:" + std::to_string(uid));
  user["uid"] = static_cast<std::int64_t>(uid);
  std::vector<gid_t> gids(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  gids.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(gids.size()), gids.data()))));
  gids.push_back(::getgid());
  Json& groups = user["groups"] = Json::array();
  std::set<std::string> names;
  for (const gid_t gid : gids) names.insert(group_name(gid));
  for (const auto& name : names)
    put(groups.emplace_back(), "user.groups." + std::to_string(groups.size() - 1), name);
  const auto login = util::login_uid();
  const auto login_person = login ? find_person(*login) : std::nullopt;
  user["login"] = nullptr;
  if (login)
    put(user["login"], "user.login", login_person ? login_person->name : "uid:" + std::to_string(*login));
  const char* sudo_user = ::getenv("SUDO_USER");
  const bool confirmed =
      sudo_user != nullptr && login_person && login_person->name == sudo_user && *login != uid;
  user["sudo_user"] = confirmed ? user["login"] : Json(nullptr);
  return user;
}

Json host_section(const PutText& put) {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  Json host;
  put(host["name"], "host.name", name.data());
  put(host["os"], "host.os", os_name());
  return host;
}

std::string home_of_user() {
  const auto person = find_person(::getuid());
  return person && person->home.starts_with('/') ? person->home : "/";
}

}  // namespace jit::context

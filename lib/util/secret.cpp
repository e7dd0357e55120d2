#include "util/secret.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"
#include "util/user.hpp"

namespace jit::util {
namespace {

// Of another's file this user would lose sight with 600; and only what root owns do all trust.
std::string how_to_share(const std::string& path, const std::string& readers) {
  const std::string name = visible(shell_quote(path));
  const std::string group = visible(shell_quote(readers.empty() ? group_name(::getegid()) : readers));
  return "as root: chown root:" + group + " " + name + " && chmod 640 " + name;
}

bool is_anothers(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_uid != 0 && status.st_uid != ::geteuid();
}

TrustedFile open_secret(const std::string& path, const std::string& readers) {
  try {
    auto file = open_trusted(path);
    if (!file) throw Error("there is no file " + visible(path));
    return *std::move(file);
  } catch (const SystemError& error) {
    if (error.error_number() != EACCES) throw;
    throw SystemError(EACCES, visible(path), how_to_share(path, readers));
  } catch (const UsageError& error) {
    if (readers.empty() || !is_anothers(path)) throw;
    throw UsageError(error.what(), how_to_share(path, readers));
  }
}

}  // namespace

std::string read_secret(const std::string& path, const std::string& readers) {
  constexpr std::size_t kLongest = 16'384;
  const TrustedFile file = open_secret(path, readers);
  if ((file.status.st_mode & S_IROTH) != 0) {
    const bool alone = readers.empty() && file.status.st_uid == ::geteuid();
    throw Error(visible(path) + " is a secret that everybody can read",
                alone ? "chmod 600 " + visible(shell_quote(path)) : how_to_share(path, readers));
  }
  auto text = read_all(file.fd.get(), kLongest, path);
  if (!text) throw Error(visible(path) + " is too long for a secret");
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const bool one_word =
      !text->empty() && std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!one_word) throw Error(visible(path) + " must hold one word of printable ASCII");
  return *std::move(text);
}

}  // namespace jit::util

#include "run/bound_input.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace jit::run {
namespace {

constexpr std::size_t kMost = 64U << 20U;
constexpr std::size_t kShown = 4U << 10U;

std::string read_to_the_end() {
  std::string bytes;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw util::UsageError(util::SystemError(errno, "standard input is bound, and").what());
    if (count == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(count));
    if (bytes.size() > kMost)
      throw util::UsageError("standard input is larger than 64 MiB, and a rule binds it",
                             "put it into a file that the command reads: files are bound, too");
  }
}

// Written, then closed to every change for good.
util::Fd sealed_file(const std::string& bytes) {
  util::Fd fd(::memfd_create("standard input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const bool kept =
      fd && util::write_all(fd.get(), bytes) &&
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 &&
      ::lseek(fd.get(), 0, SEEK_SET) == 0;
  if (!kept) throw util::SystemError(errno, "keeping standard input in memory");
  return fd;
}

// Between two characters.
std::string beginning_of(const std::string& bytes) {
  std::size_t end = std::min(bytes.size(), kShown);
  while (end > 0 && end < bytes.size() && (static_cast<unsigned char>(bytes[end]) & 0xc0U) == 0x80U) --end;
  return bytes.substr(0, end);
}

// As text that can be kept: what it looks like is what people are shown later.
std::string text_of(const std::string& bytes) {
  std::string text = util::escape_invalid_utf8(bytes);
  for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
    text.replace(at, 1, "\\x00");
  return text;
}

}  // namespace

std::shared_ptr<const util::Json> bind_input() {
  // A closed one was reserved at the start (util::reserve_standard_descriptors), to be closed again at the
  // end.
  const int flags = ::fcntl(STDIN_FILENO, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0)
    throw util::UsageError("standard input is closed, and a rule binds it", "give it something: < /dev/null");
  if (::isatty(STDIN_FILENO) == 1)
    throw util::UsageError(
        "standard input is a terminal, and a rule binds it: what will be typed cannot be approved",
        "give it a file, or nothing: < /dev/null");
  const std::string bytes = read_to_the_end();
  const util::Fd file = sealed_file(bytes);
  if (::dup2(file.get(), STDIN_FILENO) < 0) throw util::SystemError(errno, "standard input");
  const std::string shown = beginning_of(bytes);
  return std::make_shared<const util::Json>(util::Json{{"sha256", util::sha256(bytes)},
                                                       {"size", bytes.size()},
                                                       {"text", text_of(shown)},
                                                       {"whole", shown.size() == bytes.size()}});
}

}  // namespace jit::run

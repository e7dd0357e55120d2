#include "store/backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "store/database.hpp"
#include "store/place.hpp"
#include "store/schema.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::store {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A file on its way to its name: it is there whole and durable, or not at all.
class NewFile {
 public:
  explicit NewFile(std::string path) : m_path(std::move(path)), m_partial(m_path + ".partial") {
    // Only its owner may read what is in a store.
    const util::Fd file(
        ::open(m_partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) fail("remove it if no other program is writing it");
    if (!file) fail("is the directory there, and may you write it?");
    m_made = true;
  }
  ~NewFile() {
    if (m_made) ::unlink(m_partial.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& partial() const { return m_partial; }

  void finish() {
    const util::Fd file(::open(m_partial.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) fail("");
    // Not rename: that would replace what is there.
    if (::link(m_partial.c_str(), m_path.c_str()) != 0)
      throw util::SystemError(errno, util::visible(m_path), "name a file that is not there yet");
    const util::Fd directory(::open(directory_of(m_path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) fail("");
  }

 private:
  [[noreturn]] void fail(const std::string& hint) const {
    throw util::SystemError(errno, util::visible(m_partial), hint);
  }

  std::string m_path, m_partial;
  bool m_made = false;
};

void require_sound(Database& database, const std::string& path) {
  Query query(database, "PRAGMA integrity_check(1)");
  if (query.next() && query.text(0) == "ok") return;
  throw util::Error(util::visible(path) + " is damaged", "use another copy");
}

// By the first bytes of the file (https://sqlite.org/fileformat.html).
bool is_database(int fd) {
  constexpr std::array kMagic = std::to_array("SQLite format 3");  // its NUL is a part of it
  auto bytes = kMagic;
  bytes.fill(0);
  return ::pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) && bytes == kMagic;
}

std::string staging_in(const std::string& directory) {
  return directory + "/restoring";
}

void require_copy(Database& database, const std::string& path) {
  try {
    require_sound(database, path);
    require_ours(database);
  } catch (const util::Error& error) {
    throw util::Error(util::visible(path) + " is no copy that jit-server backup has made", error.what());
  }
}

void copy_database(Database& from, const std::string& to) {
  // It takes an empty file, and gives back one without a -wal beside it.
  Query(from, "VACUUM INTO ?1", std::string_view(to)).run();
}

}  // namespace

void back_up(const std::string& directory, const std::string& copy) {
  const Place place = open_place_to_read(directory);
  Database database(place.database(), Database::Mode::read_only);
  require_known(database);
  NewFile file(copy);
  copy_database(database, file.partial());
  Database made(file.partial(), Database::Mode::immutable);
  require_sound(made, file.partial());
  file.finish();
}

std::string stage_copy(const std::string& copy, const std::string& directory) {
  const auto opened = util::open_trusted(copy);
  if (!opened)
    throw util::UsageError("there is no file " + util::visible(copy),
                           "name one that jit-server backup has made");
  if (!is_database(opened->fd.get()))
    throw util::UsageError(util::visible(copy) + " is no copy of a store",
                           "name one that jit-server backup has made");
  Database database(copy, Database::Mode::immutable);
  require_copy(database, copy);
  const Place place = open_place(directory);
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat status {};
    if (::lstat((place.database() + end).c_str(), &status) == 0)
      throw util::Error(
          "there is a store, or a part of one, in " + util::visible(place.directory) + " already",
          "stop its server and move the directory away");
  }
  drop_copy(directory);  // of one that did not end
  const Place staged = open_place(staging_in(place.directory));
  NewFile file(staged.database());
  copy_database(database, file.partial());
  file.finish();
  return staged.directory;
}

void adopt_copy(const std::string& directory) {
  const Place place = open_place(directory);
  const std::string staged = staging_in(place.directory) + "/" + kDatabaseFile;
  Database(staged, Database::Mode::read_write).run("PRAGMA wal_checkpoint(TRUNCATE)");
  const util::Fd file(::open(staged.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0 || ::link(staged.c_str(), place.database().c_str()) != 0 ||
      ::fsync(place.fd.get()) != 0)
    throw util::SystemError(errno, util::visible(place.database()));
  drop_copy(directory);
}

void drop_copy(const std::string& directory) noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(staging_in(directory), ignored);
}

}  // namespace jit::store

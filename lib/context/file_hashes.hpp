#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "util/trusted_file.hpp"

namespace jit::context {

/// What a file holds.
struct FileHash {
  bool exists = false;  // a file, or something in its place, is there
  bool regular = false;
  std::optional<std::string> sha256;
  std::int64_t size = 0;
  std::string stamp;  // the file's identity (FileIdentity) as text; empty where it cannot be looked at
  std::string why;    // why there is no hash, in words; empty when there is one
};

/// SHA-256 of files by path, symbolic links followed. Never waits for a FIFO or a device. Remembers what it
/// has read: a file whose identity is unchanged on a local file system is not read again, unless it was
/// changed so shortly before it was read that a later change could carry the same time stamps (git calls that
/// racy).
class FileHashes {
 public:
  /// `limit`: larger files are not read.
  FileHash hash(const std::string& path, std::uint64_t limit);
  /// Those of the files asked for that are no longer what they were when they were last asked for. Looks only
  /// at their identity, so it can be the last thing before the command starts.
  std::vector<std::string> changed() const;
  /// How many files were read so far, as opposed to remembered.
  std::size_t reads() const { return m_reads; }

 private:
  FileHash look(const std::string& path, std::uint64_t limit);

  struct Known {
    util::FileIdentity identity;
    std::string sha256;
  };
  std::map<std::pair<dev_t, ino_t>, Known> m_known;
  std::map<std::string, std::string> m_stamps;  // by path
  std::size_t m_reads = 0;
};

}  // namespace jit::context

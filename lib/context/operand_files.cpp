#include "context/operand_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "context/program.hpp"
#include "context/redact.hpp"
#include "util/digest.hpp"
#include "util/fd.hpp"
#include "util/trusted_file.hpp"

namespace jit::context {
namespace {

using util::Json;

// The words of a script's first line after "#!": the interpreter, and its argument, which may hold blanks.
std::vector<std::string> interpreter_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  std::array<char, 256> head{};  // as much as the kernel reads (BINPRM_BUF_SIZE)
  const ssize_t n = file ? ::read(file.get(), head.data(), head.size()) : 0;
  std::string_view line(head.data(), static_cast<std::size_t>(std::max<ssize_t>(0, n)));
  if (!line.starts_with("#!")) return {};
  line = line.substr(2, std::min(line.find('\n'), line.size()) - 2);
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  std::vector<std::string> words;
  while (!line.empty()) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    std::size_t end = 0;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

constexpr std::size_t kMostNames = 256;  // of one word

std::string without_mark(std::string name) {
  for (const std::string_view mark : {"@", "<", "file://"}) {
    if (name.starts_with(mark)) name.erase(0, mark.size());
  }
  return name;
}

// What of a word, up to its end, can be the name of a file: all of it, what stands behind "=", and behind the
// letters of "-xvfFILE", where each letter may be the last.
std::vector<std::string> whole_names(const std::string& word) {
  constexpr std::size_t kMostLetters = 16;
  std::vector<std::string> names = {word, without_mark(word)};
  if (const auto equals = word.find('='); equals != std::string::npos) {
    names.push_back(word.substr(equals + 1));
    names.push_back(without_mark(names.back()));
  }
  if (!word.starts_with('-') || word.starts_with("--")) return names;
  for (std::size_t i = 2; i < std::min(word.size(), kMostLetters); ++i) {
    names.push_back(word.substr(i));
    names.push_back(without_mark(names.back()));
  }
  return names;
}

// What inside of a word can be: one of a list, or a word of a text ("source x.sql").
std::vector<std::string> names_inside(const std::string& word) {
  constexpr std::string_view kSeparators = " \t\n,;:='\"`<>@()|&";
  std::vector<std::string> names;
  std::size_t start = 0;
  while (start < word.size() && names.size() < kMostNames) {
    const auto end = std::min(word.find_first_of(kSeparators, start), word.size());
    if (end > start) names.push_back(word.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

class Lister {
 public:
  Lister(const CommandSpecs& specs, const std::string& cwd, FileHashes& hashes, const ShowName& shown,
         const PutText& put)
      : m_specs(specs), m_cwd(cwd), m_hashes(hashes), m_shown(shown), m_put(put) {}

  Json list(const std::vector<std::string>& argv, const std::vector<std::string>& values,
            const std::string& executable) {
    // Programs first: rules ask where they are, so that operands must not crowd them out.
    std::vector<Inner> inner = run_by(argv);
    // What is run elsewhere names files of there.
    m_reads_texts = std::erase_if(inner, [](const Inner& command) { return command.remote; }) == 0;
    for (const Inner& command : inner) add_program(command.argv[0]);
    add_words(argv);
    add_interpreters(executable);
    for (const Inner& command : inner) add_words(command.argv);
    if (!m_bases.empty()) add_from_elsewhere(run_by(argv));
    for (const std::string& value : values) {
      for (const auto& name : whole_names(value)) add_operand(name, false);
      for (const auto& name : names_inside(value)) add_operand(name, false);
    }
    if (m_left_out > 0) {
      m_files.push_back({{"path", std::to_string(m_left_out) + " more"},
                         {"sha256", nullptr},
                         {"stamp", m_stamps_left_out.finish()},
                         {"why", "only " + std::to_string(kMaxFiles) + " files are bound by content"}});
    }
    return std::move(m_files);
  }

 private:
  // By all names that the programs have here, and in the directories that are known to be named.
  std::vector<Inner> run_by(const std::vector<std::string>& argv) const {
    return unwrap_all(argv, m_specs,
                      [this](const std::string& program) {
                        std::vector<std::string> names = names_of(program);
                        if (is_relative_path(program)) {
                          for (const std::string& base : m_bases)
                            for (auto& name : names_of(base + "/" + program))
                              names.push_back(std::move(name));
                        }
                        return names;
                      })
        .commands;
  }

  std::vector<std::string> names_of(const std::string& program) const {
    const std::string path = find(program).path;
    return path.empty() ? std::vector<std::string>() : link_names(path);
  }

  Program find(const std::string& program) const {
    const char* path = ::getenv("PATH");
    return find_program(program, path == nullptr ? std::nullopt : std::optional<std::string>(path), m_cwd);
  }

  void add_words(const std::vector<std::string>& argv) {
    for (std::size_t i = 1; i < argv.size(); ++i) {
      for (const auto& name : whole_names(argv[i])) add_operand(name, true);
      if (!m_reads_texts) continue;
      for (const auto& name : names_inside(argv[i])) add_operand(name, false);
    }
  }

  // "env -C sub ./x", "cd sub && ./x", "find sub -execdir x": a name may be meant from a directory that is
  // named beside it. Programs first, as above; what a directory does not hold costs one look.
  void add_from_elsewhere(const std::vector<Inner>& inner) {
    const std::vector<std::string> names(m_relative.begin(), m_relative.end());
    for (const std::string& base : std::vector<std::string>(m_bases)) {
      for (const Inner& command : inner) {
        const std::string& program = command.argv[0];
        if (!command.remote && is_relative_path(program)) add_program(base + "/" + program);
      }
      for (const std::string& name : names) add_operand(base + "/" + name, false);
    }
  }

  void remember(const std::string& name, bool is_directory) {
    constexpr std::size_t kMostBases = 8;
    if (is_directory && m_bases.size() < kMostBases && name != "." && name != "./") m_bases.push_back(name);
    if (!is_directory && !name.starts_with('/') && m_relative.size() < kMostNames) m_relative.insert(name);
  }

  void add_operand(const std::string& written, bool may_be_directory) {
    if (written.empty() || written.size() >= PATH_MAX || (m_cwd.empty() && written[0] != '/')) return;
    if (!m_seen.insert(written).second) return;
    const char* home =
        written.starts_with("~/") ? ::getenv("HOME") : nullptr;  // NOLINT(concurrency-mt-unsafe)
    const std::string name = home == nullptr ? written : home + written.substr(1);
    struct stat status {};
    const bool is_there = ::stat(absolute(name).c_str(), &status) == 0;
    remember(name, is_there && S_ISDIR(status.st_mode));
    if (!is_there) return;
    // Devices are no files; a pipe's content can be anything by the time it is read.
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) return;
    if (S_ISDIR(status.st_mode) && !may_be_directory) return;
    if (m_operands == kMaxFiles) {
      ++m_left_out;
      m_stamps_left_out.update(name + "\n" + util::stamp_of(util::identity_of(status)) + "\n");
      return;
    }
    ++m_operands;
    if (S_ISDIR(status.st_mode)) {
      add_directory(name);
    } else {
      add_file(name, {});
    }
  }

  void add_program(const std::string& name) {
    const Program program = find(name);
    if (program.path.empty()) return;
    // Once by each name: what it resolves to is looked up by that.
    if (m_seen.insert(name + "\n" + program.path).second) add_file(program.path, name);
    add_interpreters(program.path);
  }

  void add_interpreters(std::string script) {
    // The kernel follows four scripts at most (fs/exec.c).
    for (int depth = 0; depth < 5 && !script.empty(); ++depth) {
      std::vector<std::string> line = interpreter_of(script);
      if (line.empty() || !m_scripts.insert(script).second) return;
      script = absolute(line[0]);
      if (m_seen.insert("\n" + script).second) add_file(script, command_name(line));
      // "#!/usr/bin/env python3"
      for (const Inner& inner : unwrap(line, m_specs).commands) add_program(inner.argv[0]);
    }
  }

  std::string absolute(const std::string& name) const {
    return name.starts_with('/') ? name : m_cwd + "/" + name;
  }

  // What is in it may change for good reasons while somebody decides; they are told that it may.
  void add_directory(const std::string& name) {
    Json& directory = m_files.emplace_back();
    directory = {{"sha256", nullptr}, {"size", nullptr}, {"why", "a directory: what is in it is not bound"}};
    m_put(directory["path"], "command.files." + std::to_string(m_files.size() - 1) + ".path", m_shown(name));
  }

  void add_file(const std::string& name, const std::string& runs) {
    const std::string place = "command.files." + std::to_string(m_files.size());
    const FileHash hash = m_hashes.hash(absolute(name), std::min(kMaxFileBytes, kMaxAllBytes - m_bytes));
    Json file = {{"sha256", nullptr}, {"size", hash.size}};
    // What runs is no secret, whatever it is called.
    m_put(file["path"], place + ".path", runs.empty() ? m_shown(name) : name);
    if (!runs.empty()) {
      m_put(file["runs"], place + ".runs", runs);
      m_put(file["resolved"], place + ".resolved", resolved_name(absolute(name)));
      const auto links = link_names(absolute(name));
      for (std::size_t i = 0; i + 1 < links.size(); ++i)
        m_put(file["links"][i], place + ".links." + std::to_string(i), links[i]);
    }
    if (hash.sha256) {
      file["sha256"] = *hash.sha256;
      m_bytes += static_cast<std::uint64_t>(hash.size);
    } else {
      file["why"] = hash.why;
      file["stamp"] = hash.stamp;
    }
    m_files.push_back(std::move(file));
  }

  const CommandSpecs& m_specs;
  const std::string& m_cwd;
  FileHashes& m_hashes;
  const ShowName& m_shown;
  const PutText& m_put;
  Json m_files = Json::array();
  std::set<std::string> m_seen, m_scripts, m_relative;
  std::vector<std::string> m_bases;  // directories that were named
  bool m_reads_texts = true;
  std::size_t m_operands = 0;
  std::size_t m_left_out = 0;
  util::Sha256 m_stamps_left_out;
  std::uint64_t m_bytes = 0;
};

}  // namespace

Json operand_files(const std::vector<std::string>& argv, const std::vector<std::string>& values,
                   const CommandSpecs& specs, const std::string& executable, const std::string& cwd,
                   FileHashes& hashes, const ShowName& shown, const PutText& put) {
  return Lister(specs, cwd, hashes, shown, put).list(argv, values, executable);
}

}  // namespace jit::context

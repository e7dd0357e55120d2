#include "git/facts.hpp"

#include <git2.h>
#include <sys/stat.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "git/handles.hpp"
#include "git/redact_url.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::git {
namespace {

using util::Json;

// What is read of a subject, an author or a name is cut here: it is for people.
constexpr std::size_t kMaxText = 4096;

/// Reads one repository. Every value stands for itself: one that cannot be told is null, the others are still
/// given.
class Reader {
 public:
  explicit Reader(git_repository* repository) : m_repository(repository) {}

  Json read() {
    m_git = {{"remote", nullptr}, {"branch", nullptr},  {"commit", nullptr},  {"tag", nullptr},
             {"dirty", nullptr},  {"changes", nullptr}, {"subject", nullptr}, {"author", nullptr},
             {"refs", nullptr},   {"config", nullptr}};
    put("root", root());
    read_head();
    read_remote();
    read_dirty();
    read_refs();
    read_config();
    if (!m_raw.empty()) m_git["raw"] = m_raw;
    return std::move(m_git);
  }

 private:
  void put(const std::string& name, std::string_view bytes) {
    bytes = bytes.substr(0, kMaxText);
    m_git[name] = util::escape_invalid_utf8(bytes);
    if (!util::is_utf8(bytes)) m_raw[name] = util::hex(bytes);
  }

  std::string root() const {
    std::string path = git_repository_workdir(m_repository);
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  }

  void read_head() {
    // HEAD itself names the branch; it is kept for the remote, and null to the reader while it has no commit.
    Reference head;
    if (git_reference_lookup(head.out(), m_repository, "HEAD") != 0) return;
    if (git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC) {
      const std::string target = git_reference_symbolic_target(head.get());
      constexpr std::string_view kHeads = "refs/heads/";
      if (target.starts_with(kHeads)) m_branch = target.substr(kHeads.size());
    }
    Object object;
    Reference resolved;
    if (git_reference_resolve(resolved.out(), head.get()) != 0) return;
    if (git_reference_peel(object.out(), resolved.get(), GIT_OBJECT_COMMIT) != 0) return;
    if (m_branch) put("branch", *m_branch);
    m_commit = *git_object_id(object.get());
    std::array<char, GIT_OID_HEXSZ + 1> hex{};
    git_oid_tostr(hex.data(), hex.size(), &*m_commit);
    put("commit", hex.data());
    const auto* commit = reinterpret_cast<const git_commit*>(object.get());
    // git_commit_summary() may change the object's cache only, but asks for a non-const pointer.
    const char* message = git_commit_message(commit);
    if (message != nullptr) put("subject", subject_of(message));
    if (const git_signature* author = git_commit_author(commit); author != nullptr) {
      put("author", std::string(author->name) + " <" + author->email + ">");
    }
    read_tag();
  }

  // The first paragraph on one line, as git log's %s.
  static std::string subject_of(std::string_view message) {
    std::string subject;
    while (message.starts_with('\n')) message.remove_prefix(1);
    while (!message.empty() && !message.starts_with('\n')) {
      const auto end = std::min(message.find('\n'), message.size());
      if (!subject.empty()) subject += ' ';
      subject += message.substr(0, end);
      message.remove_prefix(std::min(end + 1, message.size()));
    }
    return subject;
  }

  // Of several tags at the commit the last one by name, byte by byte; annotated and light ones alike.
  void read_tag() {
    struct Search {
      git_repository* repository;
      git_oid commit;
      std::string best;
    } search{m_repository, *m_commit, {}};
    const auto look = [](const char* name, git_oid* id, void* payload) {
      auto& state = *static_cast<Search*>(payload);
      Object object;
      Object target;
      if (git_object_lookup(object.out(), state.repository, id, GIT_OBJECT_ANY) != 0) return 0;
      if (git_object_peel(target.out(), object.get(), GIT_OBJECT_COMMIT) != 0) return 0;
      const std::string tag = std::string(name).substr(std::string_view("refs/tags/").size());
      if (git_oid_equal(git_object_id(target.get()), &state.commit) != 0 && tag > state.best)
        state.best = tag;
      return 0;
    };
    if (git_tag_foreach(m_repository, look, &search) == 0 && !search.best.empty()) put("tag", search.best);
  }

  void read_remote() {
    std::string name = "origin";
    if (m_branch) {
      Buffer upstream;
      if (git_branch_upstream_remote(upstream.get(), m_repository, ("refs/heads/" + *m_branch).c_str()) ==
          0) {
        name = upstream.text();
      }
    }
    Remote remote;
    if (git_remote_lookup(remote.out(), m_repository, name.c_str()) != 0) return;
    if (const char* url = git_remote_url(remote.get()); url != nullptr) put("remote", redact_url(url));
  }

  // Where every branch and tag is: what a push sends need not be what HEAD is. Not what other repositories
  // are known to have, which a fetch may change at any time.
  void read_refs() {
    References references;
    if (git_reference_iterator_new(references.out(), m_repository) != 0) return;
    util::Sha256 all;
    std::size_t count = 0;
    while (true) {
      Reference reference;
      const int result = git_reference_next(reference.out(), references.get());
      if (result == GIT_ITEROVER) break;
      if (result != 0) return;
      const std::string name = git_reference_name(reference.get());
      if (name.starts_with("refs/remotes/")) continue;
      std::array<char, GIT_OID_HEXSZ + 1> id{};
      if (const git_oid* target = git_reference_target(reference.get()); target != nullptr)
        git_oid_tostr(id.data(), id.size(), target);
      const char* symbolic = git_reference_symbolic_target(reference.get());
      all.update(name + "\n" + id.data() + "\n" + (symbolic == nullptr ? "" : symbolic) + "\n");
      ++count;
    }
    m_git["refs"] = std::to_string(count) + (count == 1 ? " ref" : " refs") + ", sha256 " + all.finish();
  }

  // Remotes and their push URLs, insteadOf, aliases, hooks' directory: where a git command goes, and what it
  // becomes.
  void read_config() {
    Config config;
    ConfigEntries entries;
    if (git_repository_config_snapshot(config.out(), m_repository) != 0) return;
    if (git_config_iterator_new(entries.out(), config.get()) != 0) return;
    util::Sha256 all;
    git_config_entry* entry = nullptr;
    int result = 0;
    while ((result = git_config_next(&entry, entries.get())) == 0) {
      all.update(std::string(entry->name) + "=" + (entry->value == nullptr ? "" : entry->value));
      all.update(std::string_view("\0", 1));
    }
    if (result == GIT_ITEROVER) m_git["config"] = "sha256 " + all.finish();
  }

  // As `git describe --dirty`: tracked files that differ from the commit, staged or not, and submodules at
  // another commit. Untracked files do not count; submodules are not looked into. Which files, and which
  // version of them, is part of what is approved.
  void read_dirty() {
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_DIRTY;
    options.payload = &m_left_out;
    options.notify_cb = [](const git_diff*, const git_diff_delta* delta, const char*, void* payload) {
      const auto& left_out = *static_cast<const std::set<std::string, std::less<>>*>(payload);
      const bool known =
          delta->status == GIT_DELTA_DELETED && left_out.contains(std::string_view(delta->old_file.path));
      return known ? kPassOver : 0;
    };
    if (!trust_no_index_flags()) return;
    Tree tree;
    if (m_commit) {
      Commit commit;
      if (git_commit_lookup(commit.out(), m_repository, &*m_commit) != 0) return;
      if (git_commit_tree(tree.out(), commit.get()) != 0) return;
    }
    Diff staged;
    Diff changed;
    if (git_diff_tree_to_index(staged.out(), m_repository, tree.get(), m_index.get(), &options) != 0) return;
    if (git_diff_index_to_workdir(changed.out(), m_repository, m_index.get(), &options) != 0) return;
    std::set<std::string> paths;
    util::Sha256 versions;
    add_changes(staged.get(), paths, versions);
    add_changes(changed.get(), paths, versions);
    m_git["dirty"] = !paths.empty();
    if (paths.empty()) return;
    m_git["changes"] = std::to_string(paths.size()) + (paths.size() == 1 ? " file" : " files") + ", sha256 " +
                       versions.finish();
  }

  void add_changes(const git_diff* diff, std::set<std::string>& paths, util::Sha256& versions) const {
    for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
      const git_diff_delta* delta = git_diff_get_delta(diff, i);
      const std::string path = delta->new_file.path;
      std::array<char, GIT_OID_HEXSZ + 1> id{};
      git_oid_tostr(id.data(), id.size(), &delta->new_file.id);
      struct stat status {};
      const bool there = ::lstat((root() + "/" + path).c_str(), &status) == 0;
      const std::string stamp = there ? util::stamp_of(util::identity_of(status)) : "";
      versions.update(path + "\n" + std::to_string(delta->status) + " " + id.data() + " " + stamp + "\n");
      paths.insert(path);
    }
  }

  // "assume unchanged" and "skip worktree" hide a changed file from git: here they hide nothing. Only a file
  // that is not there may be skipped (a sparse checkout). The index is changed in memory alone.
  bool trust_no_index_flags() {
    if (git_repository_index(m_index.out(), m_repository) != 0) return false;
    const std::string prefix = root() + "/";
    for (std::size_t i = 0; i < git_index_entrycount(m_index.get()); ++i) {
      const git_index_entry* entry = git_index_get_byindex(m_index.get(), i);
      const bool assumed = (entry->flags & GIT_INDEX_ENTRY_VALID) != 0;
      const bool skipped = (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
      struct stat status {};
      const bool there = skipped && ::lstat((prefix + entry->path).c_str(), &status) == 0;
      if (skipped && !there) m_left_out.insert(entry->path);
      if (!assumed && !there) continue;
      git_index_entry plain = *entry;
      plain.flags &= static_cast<std::uint16_t>(~GIT_INDEX_ENTRY_VALID);
      if (there) plain.flags_extended &= static_cast<std::uint16_t>(~GIT_INDEX_ENTRY_SKIP_WORKTREE);
      if (git_index_add(m_index.get(), &plain) != 0) return false;
    }
    return true;
  }

  static constexpr int kPassOver = 1;

  git_repository* m_repository;
  Json m_git;
  Json m_raw = Json::object();
  std::optional<std::string> m_branch;
  std::optional<git_oid> m_commit;
  Index m_index;
  std::set<std::string, std::less<>> m_left_out;
};

// The memory that a hostile repository can make this process map.
void start_library() {
  static const bool kStarted = [] {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::size_t{32} << 20U);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, std::size_t{512} << 20U);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(32) << 20);
    return true;
  }();
  (void)kStarted;
}

[[noreturn]] void throw_owner_error() {
  throw util::Error("the repository belongs to another user",
                    "if you trust it: git config --global --add safe.directory DIRECTORY");
}

[[noreturn]] void throw_git_error(int code) {
  if (code == GIT_EOWNER) throw_owner_error();
  const git_error* error = git_error_last();
  throw util::Error("git: " + util::escape_invalid_utf8(error == nullptr ? "unknown error" : error->message));
}

}  // namespace

Json facts(const std::string& directory) {
  start_library();
  // Like git, the system's and the user's configuration are read: they say whose repositories are safe to
  // read (libgit2 refuses those of other people, and that check stays on) and how remotes are spelled.
  // Whatever in them names a program is not run: libgit2 has no code for that.
  Repository repository;
  const int result = git_repository_open_ext(repository.out(), directory.c_str(), 0, nullptr);
  if (result == GIT_ENOTFOUND) {
    // libgit2 1.5 also says "not found" of another user's repository, when a configuration without
    // safe.directory exists.
    Buffer found;
    if (git_repository_discover(found.get(), directory.c_str(), 0, nullptr) == 0) throw_owner_error();
    return nullptr;
  }
  if (result != 0) throw_git_error(result);
  if (git_repository_is_bare(repository.get()) != 0 || git_repository_workdir(repository.get()) == nullptr)
    return nullptr;
  // core.worktree may point anywhere; only the tree that holds the directory is meant. Inside .git there is
  // none.
  std::string inside = directory;
  if (!inside.ends_with('/')) inside += '/';
  if (!inside.starts_with(git_repository_workdir(repository.get())) ||
      inside.starts_with(git_repository_path(repository.get()))) {
    return nullptr;
  }
  return Reader(repository.get()).read();
}

}  // namespace jit::git

#pragma once
#include <git2.h>

#include <string>

namespace jit::git {

/// Owns one object of libgit2. For this folder's .cpp files only.
template <typename T, void (*Free)(T*)>
class Handle {
 public:
  Handle() = default;
  ~Handle() { Free(m_object); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  T** out() { return &m_object; }
  T* get() const { return m_object; }

 private:
  T* m_object = nullptr;
};

using Repository = Handle<git_repository, git_repository_free>;
using Reference = Handle<git_reference, git_reference_free>;
using Object = Handle<git_object, git_object_free>;
using Commit = Handle<git_commit, git_commit_free>;
using Tree = Handle<git_tree, git_tree_free>;
using Index = Handle<git_index, git_index_free>;
using Remote = Handle<git_remote, git_remote_free>;
using References = Handle<git_reference_iterator, git_reference_iterator_free>;
using Config = Handle<git_config, git_config_free>;
using ConfigEntries = Handle<git_config_iterator, git_config_iterator_free>;
using Diff = Handle<git_diff, git_diff_free>;

/// Owns a text that libgit2 gives.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { git_buf_dispose(&m_buffer); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  git_buf* get() { return &m_buffer; }
  std::string text() const { return {m_buffer.ptr, m_buffer.size}; }

 private:
  git_buf m_buffer = GIT_BUF_INIT;
};

}  // namespace jit::git

#pragma once
#include <string>
#include <vector>

namespace jit::policy {

/// One kind of source of warnings as a policy writes it: `alerts: {alertmanager: URL}`, or with the keys of
/// its own, `{prometheus: {url: …, query: …}}`. What is asked, and how answers are read, is in lib/live.
struct SourceKind {
  std::string name;
  std::string only;               // the key that a value without keys stands for; empty: it needs its keys
  std::vector<std::string> keys;  // all must be there but "pointer"
  bool is_remote = false;         // it has an address, and may have token_file, ca_file and allow_private
};
const std::vector<SourceKind>& source_kinds();

/// Why no source can have this address; empty when it may.
std::string url_problem(const std::string& url, bool may_have_query);

}  // namespace jit::policy

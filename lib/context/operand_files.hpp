#pragma once
#include <functional>
#include <string>
#include <vector>

#include "context/command_line.hpp"
#include "context/file_hashes.hpp"
#include "context/machine.hpp"
#include "util/json.hpp"

namespace jit::context {

/// The executable itself is hashed up to this size, in bytes; every other file up to kMaxFileBytes, all files
/// of one command together up to kMaxAllBytes, and at most kMaxFiles of them.
inline constexpr std::uint64_t kMaxExecutableBytes = 512U << 20U;
inline constexpr std::uint64_t kMaxFileBytes = 64U << 20U;
inline constexpr std::uint64_t kMaxAllBytes = 512U << 20U;
inline constexpr std::size_t kMaxFiles = 256;

/// How the name of a file is shown: without the secrets that the command line has redacted.
using ShowName = std::function<std::string(const std::string&)>;

/// "command.files": the files that the command names, in the order of argv and each once. They are words and
/// values of options (`--opt=FILE`, `-oFILE`, `@FILE`, `name=FILE`) that name a file, relative to `cwd`; the
/// interpreters of `executable` when it is a script; and, first and however many, the programs that it runs
/// besides itself ("runs"), with what they name. What is not bound by content is listed with "sha256": null,
/// "why", and a "stamp" that changes with it. `argv` is as typed; `values` are those of variables, which name
/// files too (KUBECONFIG, PGSERVICEFILE, TF_CLI_ARGS).
util::Json operand_files(const std::vector<std::string>& argv, const std::vector<std::string>& values,
                         const CommandSpecs& specs, const std::string& executable, const std::string& cwd,
                         FileHashes& hashes, const ShowName& shown, const PutText& put);

}  // namespace jit::context

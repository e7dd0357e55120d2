#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "context/command_line.hpp"

namespace jit::context {

inline constexpr std::string_view kRedacted = "[redacted]";

/// A word or value with its secrets replaced by `[redacted]`, and those secrets, in order.
struct Redaction {
  std::string text;
  std::vector<std::string> secrets;
};

/// Redacts the values of --password=… and its kin (also the word after `--password`, unless `specs` lists it
/// as a flag), `user:pass@` in URLs, `Authorization:` headers, known token formats, and what the options of
/// some programs take (`mysql -pSECRET`; the table is in secret_options.cpp), in a command line. In a larger
/// text, and in a command that runs another one, what follows a secret stays visible: there a secret ends at
/// white space, a quote or an operator of the shell.
std::vector<Redaction> redact_argv(const std::vector<std::string>& argv, const CommandSpecs& specs);

/// Redacts an environment variable's value: wholly when its name says it is secret (…PASSWORD, …TOKEN,
/// …SECRET, …KEY), else like a word.
Redaction redact_variable(const std::string& name, const std::string& value);

}  // namespace jit::context

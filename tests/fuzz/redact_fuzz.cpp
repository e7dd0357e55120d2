// Words of any bytes: putting the secrets back gives the word again, so that nothing else was changed or
// lost.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "context/redact.hpp"

namespace {

class NoSpecs final : public jit::context::CommandSpecs {
  const jit::context::CommandSpec* find(std::string_view /*name*/) const override { return nullptr; }
};

// Each secret in its turn stands for one mark; a word may hold marks of its own, so every assignment is
// tried.
bool restores(std::string_view word, std::string_view text, const std::vector<std::string>& secrets,
              size_t next) {
  const auto mark = next < secrets.size() ? text.find(jit::context::kRedacted) : std::string_view::npos;
  if (mark == std::string_view::npos) return next == secrets.size() && word == text;
  for (size_t at = mark; at != std::string_view::npos; at = text.find(jit::context::kRedacted, at + 1)) {
    if (word.substr(0, at) != text.substr(0, at)) return false;
    const auto rest = word.substr(at);
    if (rest.substr(0, secrets[next].size()) == secrets[next] &&
        restores(rest.substr(secrets[next].size()), text.substr(at + jit::context::kRedacted.size()), secrets,
                 next + 1)) {
      return true;
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::string> argv(1);
  for (size_t i = 0; i < size; ++i) {
    if (data[i] == 0) {
      argv.emplace_back();
    } else {
      argv.back() += static_cast<char>(data[i]);
    }
  }
  const auto redactions = jit::context::redact_argv(argv, NoSpecs());
  if (redactions.size() != argv.size()) std::abort();
  for (size_t i = 0; i < argv.size(); ++i) {
    if (!restores(argv[i], redactions[i].text, redactions[i].secrets, 0)) std::abort();
  }
  (void)jit::context::redact_variable(argv[0], argv.back());
  return 0;
}

#include "context/redact.hpp"

#include "context/secret_options.hpp"
#include "context/secret_shapes.hpp"
#include "context/secrets.hpp"

namespace jit::context {

std::vector<Redaction> redact_argv(const std::vector<std::string>& argv, const CommandSpecs& specs) {
  const std::vector<Place> places = SecretOptions(argv, specs).places();
  std::vector<Redaction> result;
  result.reserve(argv.size());
  bool quotes_open = false;
  for (std::size_t i = 0; i < argv.size(); ++i)
    result.push_back(redact_text(argv[i], places[i], quotes_open));
  return result;
}

Redaction redact_variable(const std::string& name, const std::string& value) {
  const bool key =
      name.size() > 3 && (name.ends_with("KEY") || name.ends_with("key") || name.ends_with("Key"));
  if (!value.empty() && (key || is_secret_name(name, false))) return {std::string(kRedacted), {value}};
  bool quotes_open = false;
  return redact_text(value, Place{}, quotes_open);
}

}  // namespace jit::context

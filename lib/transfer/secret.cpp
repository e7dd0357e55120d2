#include "transfer/secret.hpp"

#include <algorithm>

#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::transfer {

std::string read_secret(const std::string& path) {
  constexpr std::size_t kLongest = 16'384;
  const auto file = util::open_trusted(path);
  if (!file) throw util::Error("there is no file " + util::visible(path));
  if ((file->status.st_mode & S_IROTH) != 0)
    throw util::Error(util::visible(path) + " is a secret that everybody can read",
                      "chmod 600 " + util::visible(util::shell_quote(path)));
  auto text = util::read_all(file->fd.get(), kLongest, path);
  if (!text) throw util::Error(util::visible(path) + " is too long for a secret");
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const bool one_word =
      !text->empty() && std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!one_word) throw util::Error(util::visible(path) + " must hold one word of printable ASCII");
  return *std::move(text);
}

}  // namespace jit::transfer

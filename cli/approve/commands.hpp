#pragma once
#include "backend/backend.hpp"
#include "cli/approve/options.hpp"
#include "terminal/render.hpp"

namespace jit::cli::approve {

/// What every command needs.
struct Desk {
  backend::Backend& backend;
  const Options& options;
  std::string color;  // the setting
  std::optional<std::string> signing_key{};
  std::string server{};  // the backend's URL
};

inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
/// Columns of a line where no terminal says how wide it is: enough to tell one command from another.
inline constexpr int kWidthOfALine = 160;

/// Each is one command, and gives the exit code.
int list(const Desk& desk);
int show(const Desk& desk);
int approve(const Desk& desk);
int deny(const Desk& desk);
int revoke(const Desk& desk);
int acknowledge(const Desk& desk);
int dispute(const Desk& desk);
int withdraw(const Desk& desk);
int grants(const Desk& desk);
int watch(const Desk& desk);
int inbox(const Desk& desk);

/// Whether an approval of it is signed: its rules want it, or the caller does.
bool is_to_sign(const Desk& desk, const approval::View& view);
/// The signature of an approval of what `view` shows; nullopt where it is not to be signed.
std::optional<approval::Signature> sign(const Desk& desk, const approval::View& view,
                                        const std::string& message);

/// What waits for the caller's review.
std::vector<approval::View> waiting_for_me(backend::Backend& backend);
/// The request that a word on the command line means; nullopt when that has been said on stderr.
std::optional<approval::View> find(const Desk& desk, const std::string& word);
/// Writes to stdout. Throws SystemError, but for a reader that has left: then the program ends quietly.
void print(const std::string& text);

}  // namespace jit::cli::approve

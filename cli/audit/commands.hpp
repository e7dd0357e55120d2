#pragma once
#include <memory>
#include <optional>
#include <string>

#include "config/settings.hpp"
#include "store/store.hpp"

namespace jit::cli::audit {

struct Options {
  std::string since, user, request, from, format, signers;
  std::optional<std::string> head;
  bool json = false;
  // Of a replay.
  std::string output;
  bool raw = false;
  double speed = 1;
  std::optional<double> idle_limit;
  std::optional<int> use;
  config::Sources sources;
};

/// The store that the settings name, to be read.
std::unique_ptr<store::Store> open_store(const Options& options);

/// Plays the recording of a session, or writes it down.
int replay(const Options& options);

}  // namespace jit::cli::audit

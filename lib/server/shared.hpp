#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "server/budget.hpp"
#include "server/engine.hpp"
#include "server/hub.hpp"
#include "server/lookout.hpp"
#include "server/settings.hpp"
#include "server/slack_gate.hpp"

namespace jit::server {

/// What all connections share. All of it on the network's thread.
struct Shared {
  explicit Shared(const Settings& serving) : settings(serving), log(serving.log) {}

  const Settings& settings;
  const Log log;
  Metrics metrics;
  Hub hub;
  std::optional<SlackGate> slack;
  std::shared_ptr<ssl_ctx_st> tls;
  std::size_t certificates = 0;                                                  // how often they were loaded
  std::unordered_map<std::string, std::size_t> by_address;                       // connections
  std::unordered_map<std::string, std::size_t> streams;                          // of events, by user
  Budget bodies{settings.limits.buffered_bytes, settings.limits.header_bytes};   // not whole, or not answered
  Budget replies{settings.limits.buffered_bytes, settings.limits.header_bytes};  // not taken yet
  bool stopping = false;
  boost::asio::io_context io{1};  // what still waits in it uses all of the above when it goes
  std::unique_ptr<Lookout> lookout = std::make_unique<Lookout>(log);
  std::unique_ptr<Engine> engine;  // last: it ends first, and what it has done is still told
};

}  // namespace jit::server

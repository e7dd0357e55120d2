#pragma once
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "server/shared.hpp"

namespace jit::server {

/// What the engine answers, on its thread; whoever waits goes on on the network's.
boost::asio::awaitable<Reply> ask(Shared& shared, Claim claim, Message message);

/// What the sources of warnings say, on the lookout's thread; whoever waits goes on on the network's.
boost::asio::awaitable<std::shared_ptr<const live::Answers>> look(Shared& shared);

}  // namespace jit::server

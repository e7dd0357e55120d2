#include "server/asking.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace jit::server {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

awaitable<Reply> ask(Shared& shared, Claim claim, Message message) {
  auto start = [&shared, claim = std::move(claim), message = std::move(message)](auto handler) mutable {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    shared.engine->handle(std::move(claim), std::move(message), [&shared, kept](Reply reply) {
      asio::post(shared.io, [kept, reply = std::move(reply)]() mutable { (*kept)(std::move(reply)); });
    });
  };
  return asio::async_initiate<decltype(use_awaitable), void(Reply)>(std::move(start), use_awaitable);
}

awaitable<std::shared_ptr<const live::Answers>> look(Shared& shared) {
  using Answers = std::shared_ptr<const live::Answers>;
  auto start = [&shared](auto handler) {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    shared.lookout->look([&shared, kept](Answers answers) {
      asio::post(shared.io, [kept, answers = std::move(answers)]() mutable { (*kept)(std::move(answers)); });
    });
  };
  return asio::async_initiate<decltype(use_awaitable), void(Answers)>(std::move(start), use_awaitable);
}

}  // namespace jit::server

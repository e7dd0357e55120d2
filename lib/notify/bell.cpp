#include "notify/channel.hpp"

namespace jit::notify {

Parcel pack_bell(const Sending& sending) {
  constexpr std::size_t kLine = 400;
  const Message& message = sending.message;
  std::string line = "jit-run: " + headline(message, kLine);
  if (!message.lines.empty()) line += "  [" + message.lines.front() + "]";
  return Bell{message.people, std::move(line)};
}

}  // namespace jit::notify

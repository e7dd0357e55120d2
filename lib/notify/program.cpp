#include <nlohmann/json.hpp>

#include "notify/channel.hpp"

namespace jit::notify {

Parcel pack_program(const Sending& sending) {
  return Run{sending.settings.at("argv").get<std::vector<std::string>>(), sending.message.document + "\n"};
}

}  // namespace jit::notify

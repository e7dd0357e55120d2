// What is posted where Slack posts, of any bytes: it is refused, or read as an act of ours, in which nothing
// stands that could become anything else in a call of Slack's API.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/slack_payload.hpp"
#include "util/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(bytes), size);
  try {
    const auto act = jit::server::read_slack_act("application/x-www-form-urlencoded", body);
    for (const std::string& plain : {act.team, act.user, act.user_team, act.place, act.trigger, act.digest}) {
      for (const char c : plain) {
        if (c <= ' ' || c > '~' || c == '"' || c == '\\') std::abort();
      }
    }
  } catch (const jit::util::Error&) {
  }
  return 0;
}

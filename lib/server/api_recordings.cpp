#include <nlohmann/json.hpp>

#include "approval/fields.hpp"
#include "approval/life_cycle.hpp"
#include "server/api.hpp"
#include "server/input.hpp"
#include "service/messages.hpp"
#include "util/json.hpp"

namespace jit::server {

using approval::RequestId;
using util::Json;

// What was added already is recognised by where it begins: nothing need be kept to answer it again.
Answer Api::append_recording(const Caller& caller, const RequestId& id, const Json& body) {
  constexpr int kMostUses = 1'000'000;
  const auto piece = read([&] {
    const approval::Fields fields(body, "body");
    const Json& start = fields.at("start");
    if (!start.is_number_unsigned() || start > (std::uint64_t{1} << 40U)) fields.fail("start", "a number");
    const Json& use = fields.at("use");
    if (!use.is_number_unsigned() || use > kMostUses) fields.fail("use", "a number");
    return service::Piece{use.get<int>(), start.get<std::size_t>(), fields.text("bytes")};
  });
  const auto added = service().append_recording(caller.actor, id, piece, m_limits.recording_bytes);
  if (const auto* refusal = std::get_if<service::Refusal>(&added)) return refused(*refusal);
  if (const auto* size = std::get_if<std::size_t>(&added)) return json_reply(200, {{"size", *size}});
  return no_such_request();
}

Reply Api::recording(const Caller& caller, const std::string& text, const Target& target) {
  constexpr int kMostUses = 1'000'000;
  if (!caller.may(Scope::audit)) return forbidden(Scope::audit);
  const auto id = RequestId::parse(text);
  const auto request = id ? m_store.get(*id) : std::nullopt;
  if (!request) return no_such_request();
  // What somebody put into the store of a use that never began is no recording of it.
  const int begun = approval::uses_begun(*request);
  auto uses = m_store.recorded_uses(*id);
  std::erase_if(uses, [begun](int use) { return use > begun; });
  const int last = uses.empty() ? 1 : uses.back();
  const auto use = static_cast<int>(number_of(target, "use", last, 1, kMostUses));
  if (use > begun || m_store.recording_size(*id, use) == 0)
    return problem(404, "no-such-recording", "nothing was recorded of that");
  Reply reply{200, {{"Content-Type", "application/x-asciicast"}}, ""};
  m_store.read_recording(*id, use, [&](std::string_view bytes) { reply.body += bytes; });
  return reply;
}

}  // namespace jit::server

#include <nlohmann/json.hpp>

#include "service/asciicast.hpp"
#include "service/service.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"

namespace jit::service {
namespace {

using approval::Actor;
using approval::RequestId;

// Whether this piece is in the recording already, just so: its answer was lost.
bool is_recorded(store::Store& store, const RequestId& id, const Piece& piece) {
  std::string recording;
  store.read_recording(id, piece.use, [&](std::string_view bytes) { recording += bytes; });
  return piece.start <= recording.size() &&
         recording.compare(piece.start, piece.bytes.size(), piece.bytes) == 0;
}

}  // namespace

// The outcome, with what this store has of the recording: what the trail says of it can be checked here.
std::shared_ptr<const util::Json> Service::with_recording(const approval::Request& request,
                                                          const util::Json& outcome) {
  auto whole = std::make_shared<util::Json>(outcome);
  const auto use = approval::use_to_report(request, outcome);
  if (const int* number = std::get_if<int>(&use)) {
    const std::size_t size = m_store.recording_size(request.id, *number);
    if (size == 0 && !outcome.contains("recording")) return whole;
    util::Sha256 sha256;
    m_store.read_recording(request.id, *number, [&](std::string_view bytes) { sha256.update(bytes); });
    util::Json& recording = (*whole)["recording"];
    const bool is_complete = recording.is_object() && recording.value("complete", util::Json()) == true;
    recording = {{"sha256", sha256.finish()}, {"size", size}, {"complete", is_complete && size > 0}};
  }
  return whole;
}

std::variant<std::size_t, Refusal, NoSuchRequest> Service::append_recording(const Actor& by,
                                                                            const RequestId& id,
                                                                            const Piece& piece,
                                                                            std::size_t most) {
  require_asciicast(piece.bytes, piece.start == 0);
  std::variant<std::size_t, Refusal, NoSuchRequest> result = NoSuchRequest{};
  m_store.write([&](store::Transaction& transaction) {
    const auto request = transaction.get(id);
    if (!request) return;
    if (auto refusal = approval::why_not_recorded(*request, by, piece.use)) {
      result = std::move(*refusal);
      return;
    }
    std::size_t size = m_store.recording_size(id, piece.use);
    if (piece.start + piece.bytes.size() > most)
      throw util::UsageError("a recording has at most " + std::to_string(most) + " bytes here");
    if (piece.start == size) {
      transaction.append_recording(id, piece.use, size, piece.bytes);
      size += piece.bytes.size();
    } else if (!is_recorded(m_store, id, piece)) {
      throw util::UsageError("the recording has " + std::to_string(size) + " bytes, and this begins at " +
                             std::to_string(piece.start));
    }
    result = size;
  });
  return result;
}

}  // namespace jit::service

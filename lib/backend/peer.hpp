#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "backend/backend.hpp"
#include "backend/rpc.hpp"
#include "util/subprocess.hpp"

namespace jit::backend {

/// A running helper, and the calls that it has not answered yet. Throws util::Error, once and for all, when
/// it dies, hangs, or says what makes no sense: from then on nothing that it says is believed.
class Peer {
 public:
  Peer(const std::string& program, Attention attention);

  void attend(Attention attention) { m_attention = std::move(attention); }

  /// Asks, and waits for the answer. The helper has `within` to find it out.
  rpc::Outcome call(const std::string& method, util::Json params, util::Millis within);
  /// Asks, and does not wait.
  std::int64_t begin(const std::string& method, util::Json params, util::Millis within);
  /// The answer to what `begin` asked, if it has come by now.
  std::optional<rpc::Outcome> take(std::int64_t id);
  /// Readable when there may be something to take.
  int fd() const { return m_readable.get(); }

 private:
  bool read_one(util::Millis timeout, std::int64_t wanted);
  void tell_of_kept();
  [[noreturn]] void give_up(const std::string& what_seems) const;

  std::string m_name;
  util::Helper m_helper;
  Attention m_attention;
  int m_troubles = 0;  // told since the last answer
  std::int64_t m_last_id = 0;
  std::map<std::int64_t, std::optional<rpc::Outcome>> m_calls;  // by id; empty while it is not answered
  util::Fd m_kept;      // set while an answer is here that came while another one was waited for
  util::Fd m_readable;  // the helper's output, or the one above
};

}  // namespace jit::backend

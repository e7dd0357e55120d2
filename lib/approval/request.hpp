#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/verdict.hpp"
#include "util/digest.hpp"
#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::approval {

/// An id may be shortened to this many characters, where that is unique.
inline constexpr std::size_t kShortestPrefix = 4;

/// Names one request: 128 random bits as 26 lower-case base32 characters (RFC 4648, without padding).
class RequestId {
 public:
  static RequestId random();
  /// nullopt when the text is not such an id.
  static std::optional<RequestId> parse(std::string_view text);
  const std::string& text() const { return m_text; }
  /// The first 8 characters, for a person.
  std::string brief() const { return m_text.substr(0, 8); }
  friend auto operator<=>(const RequestId&,
                          const RequestId&) = default;  // NOLINT(modernize-use-nullptr): none here

 private:
  explicit RequestId(std::string text) : m_text(std::move(text)) {}
  std::string m_text;
};

/// True for what may stand for an id on a command line: 4 to 26 characters of its alphabet.
bool is_id_prefix(std::string_view text);

enum class State {
  pending,
  approved,
  denied,
  expired,
  withdrawn,
  revoked,
  lapsed,
  changed,
  started,
  finished
};
std::string to_text(State state);
std::optional<State> parse_state(std::string_view text);
/// Nothing but a report can happen any more.
bool is_over(State state);

enum class ReviewVerdict {
  deny,
  approve,
  acknowledge,  // of what ran before it was approved: it was right
  dispute       // and it was not
};
std::string to_text(ReviewVerdict verdict);
std::optional<ReviewVerdict> parse_review_verdict(std::string_view text);

/// A reviewer's signature (SSHSIG) of a review, and what was signed that the review does not say by itself.
struct Signature {
  std::string text;
  util::Time at;       // when, by the reviewer's word
  std::string server;  // where the reviewer saw the request
};

/// A person, and that person's approve or deny on one request. A later review by the same person replaces the
/// earlier.
struct Review {
  std::string reviewer;
  ReviewVerdict verdict = ReviewVerdict::deny;
  std::string message;
  util::Time at;
  std::optional<Signature> signature;
  std::string login{};    // who logged in, where known: kept so that one person cannot review under two names
  bool verified = false;  // this process has found the signature valid; never stored, never read
};

/// Somebody whom the backend authenticated.
struct Actor {
  std::string name;
  /// Who logged in, where the system knows it (the kernel's login uid); empty otherwise. Only ever makes it
  /// stricter.
  std::string login;
  bool is_operator = false;
  /// Through whose word it was authenticated, where that was neither the kernel's, a token's nor a
  /// certificate's: "slack:U012ABC". The trail says so.
  std::string door{};
};

/// The request that this one asks anew for, after what would run had changed since it was approved.
struct Earlier {
  RequestId id;
  std::vector<std::string> differences;  // in words: what has changed
};

/// An action that waits for, or had, its decision.
struct Request {
  explicit Request(RequestId request_id) : id(std::move(request_id)) {}
  RequestId id;
  State state = State::pending;
  util::Digest digest;
  std::vector<std::string> rules;
  std::string message;  // what the rules say to the people involved; may be empty
  std::string requester, requester_login;
  std::string reason, ticket;  // empty: none given
  std::optional<Earlier> earlier;
  util::Time created_at, expires_at;
  std::optional<util::Time> valid_until;  // set by the approval
  /// Until when somebody looks at what has run by break-glass; nullopt where it has not.
  std::optional<util::Time> review_by;
  int uses_left = 1;
  policy::Requirement requirement;
  std::vector<Review> reviews;
  /// Immutable and shared: a context can be 128 KiB and requests are copied.
  std::shared_ptr<const util::Json> context;
  /// Of `context`, where it is known already. Not stored.
  std::optional<util::Digest> context_digest;
  std::shared_ptr<const util::Json> outcome;  // the last that was reported; null until then
  std::vector<int> reported;                  // the uses, from 1 on, whose outcome is known
};

/// A request, and what the roster of this moment says about it.
struct View {
  Request request;
  std::vector<policy::Requirement::Seats> missing;  // for each alternative, the seats still empty
  std::vector<std::string>
      eligible;  // whose review can count; {"anyone"} when everybody's but the requester's can
};

}  // namespace jit::approval

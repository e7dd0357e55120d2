#pragma once
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "approval/request.hpp"
#include "audit/chain.hpp"
#include "store/activity.hpp"
#include "store/notice.hpp"
#include "store/token.hpp"
#include "util/time.hpp"

namespace jit::store {

/// Which requests to list; newest last (of everybody's with a prefix: by their ids).
struct Filter {
  std::vector<approval::State> states{};   // empty: all
  std::optional<std::string> requester{};  // nullopt: everybody's
  std::string after{};     // a cursor: the id of the last request of the previous page; empty: from the start
  int limit = 0;           // 0: no limit
  std::string prefix{};    // of their ids; empty: any
  bool to_review = false;  // only those that ran by break-glass, and nobody has looked at them yet
};

/// How many requests have run by break-glass and nobody has looked at them yet.
struct ToReview {
  std::size_t all = 0, overdue = 0;
};

/// Which audit entries to read, in order.
struct AuditFilter {
  std::optional<util::Time> since;
  std::string actor;
  std::string request;     // an id or a prefix of one
  std::int64_t after = 0;  // the number (seq) of the last entry that is known
  std::int64_t last = std::numeric_limits<std::int64_t>::max();  // and of the last that is looked at
};

/// What an audit entry is about.
struct Change {
  std::int64_t seq = 0;
  std::string type, request;  // the request is empty where the entry is about none
};

/// Wakes when something changed. Only a hint: whoever waits reads again, and also looks now and then without
/// it.
class Watch {
 public:
  virtual ~Watch() = default;
  /// Readable when something changed; -1 when this store cannot tell (then only poll).
  virtual int fd() = 0;
  /// Forgets what woke it.
  virtual void drain() = 0;
};

/// One write transaction: serializable, all or nothing, durable when `write` returns.
class Transaction {
 public:
  virtual ~Transaction() = default;
  /// The store's clock. It never runs backwards, and does not stop while a machine sleeps.
  virtual util::Time now() = 0;
  /// Locks and reads one request, without its context: that never changes, and nothing is decided by it here.
  virtual std::optional<approval::Request> get(const approval::RequestId& id) = 0;
  /// Ids of the requests whose deadline has passed and that are not over, at most `limit`.
  virtual std::vector<approval::RequestId> due(util::Time now, int limit) = 0;
  virtual void insert(const approval::Request& request) = 0;
  virtual void update(const approval::Request& request) = 0;
  /// Continues the audit chain.
  virtual void append(const audit::Draft& draft) = 0;
  /// Makes this token, or replaces the one with its id.
  virtual void put(const Token& token) = 0;
  /// What was answered to this actor under this Idempotency-Key, for at least a day.
  virtual std::optional<Reply> find_reply(const std::string& actor, const std::string& key) = 0;
  virtual void keep(const Reply& reply) = 0;
  /// Adds to the recording of a use of this request, whose size is `start`; ASCII without NUL.
  virtual void append_recording(const approval::RequestId& id, int use, std::size_t start,
                                const std::string& bytes) = 0;
  /// Into the outbox: told when this transaction is durable, and not before.
  virtual void tell(const Notice& notice) = 0;
  /// Takes back what of a request was not tried yet: reminders and escalations or, with `all`, everything.
  virtual void drop_notices(const approval::RequestId& id, bool all) = 0;
  virtual void settle(const Told& told) = 0;
  /// Forgets some of the notices that ended before `before`; false when there is none.
  virtual bool prune_notices(util::Time before) = 0;
};

/// Requests and audit entries, durable. All methods throw util::Error (with a hint) when the store does not
/// answer; a transaction that throws leaves nothing behind.
class Store {
 public:
  virtual ~Store() = default;
  virtual util::Time now() = 0;
  /// Runs `work`, which only reads, with everything as it was at one moment.
  virtual void snapshot(const std::function<void()>& work) = 0;
  /// Runs `work` in one write transaction, and wakes the watchers after it is durable. A write within a write
  /// is a part of that: when it throws, only its own changes are undone.
  virtual void write(const std::function<void(Transaction&)>& work) = 0;
  /// Throws unless something can be made durable now.
  virtual void prove() = 0;
  virtual std::optional<approval::Request> get(const approval::RequestId& id) = 0;
  /// The request without its context as it is kept: what the trail has the digest of (`stored` in an entry).
  /// Empty where there is none. Throws Error where it would be found by something else than what it says.
  virtual std::string stored_text(const approval::RequestId& id) = 0;
  /// At most `limit` ids (0: all) that start with this prefix, the empty one included.
  virtual std::vector<approval::RequestId> find_prefix(const std::string& prefix, int limit) = 0;
  virtual std::vector<approval::Request> list(const Filter& filter) = 0;
  /// How many requests are in each state that is not over.
  virtual std::map<approval::State, std::size_t> count_open() = 0;
  virtual ToReview count_to_review() = 0;
  /// How many requests of this person wait for a decision, however many there are of others.
  virtual std::size_t count_pending(const std::string& requester) = 0;
  virtual Activity activity(const ActivityFilter& filter) = 0;
  /// Why `activity` does not find this request, whose context is known, as what it is; nullopt when it does.
  /// `started_at`: when it came to its state, for one that is started.
  virtual std::optional<std::string> why_not_in_activity(const approval::Request& request,
                                                         util::Time started_at) = 0;
  /// Calls `visit` with the id of each request that `activity` finds as a command, and that command's
  /// fingerprint.
  virtual void read_commands(
      const std::function<void(const std::string& id, const std::string& fingerprint)>& visit) = 0;
  /// By the SHA-256 of the token, in hexadecimal.
  virtual std::optional<Token> find_token(const std::string& hash) = 0;
  virtual std::vector<Token> list_tokens() = 0;
  /// The texts of the ids of all requests that something was recorded of.
  virtual std::vector<std::string> recorded_requests() = 0;
  /// The uses of this request, in order, that something was recorded of.
  virtual std::vector<int> recorded_uses(const approval::RequestId& id) = 0;
  /// How long the recording of one of them is; 0 where there is none.
  virtual std::size_t recording_size(const approval::RequestId& id, int use) = 0;
  /// Calls `visit` with the recording, piece by piece from the beginning.
  virtual void read_recording(const approval::RequestId& id, int use,
                              const std::function<void(std::string_view)>& visit) = 0;
  /// Calls `visit` for each entry until it returns false.
  virtual void read_audit(const AuditFilter& filter,
                          const std::function<bool(const audit::Entry&)>& visit) = 0;
  /// The same of the entries after one, and only what they are about.
  virtual void read_changes(std::int64_t after, const std::function<bool(const Change&)>& visit) = 0;
  /// The number (seq) of the last audit entry; 0 when there is none.
  virtual std::int64_t last_entry() = 0;
  /// At most `limit` notices for a channel that are due, of each request the first.
  virtual std::vector<Notice> due_notices(const std::string& channel, int limit) = 0;
  /// The channels for which notices wait.
  virtual std::vector<std::string> channels_of_notices() = 0;
  /// When the next notice that is not due yet will be, or the next request's time passes.
  virtual std::optional<util::Time> next_moment() = 0;
  /// Whether a notice waits, or a request that is told of can still change.
  virtual bool may_notify() = 0;
  /// What the channel called its message about the request; empty: nothing yet.
  virtual std::string reference(const approval::RequestId& id, const std::string& channel) = 0;
  virtual std::vector<ChannelStatus> notice_status() = 0;
  /// Changes of one request, or of any.
  virtual std::unique_ptr<Watch> watch(const std::optional<approval::RequestId>& id) = 0;
};

}  // namespace jit::store

#include "delivery/dispatcher.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "approval/quorum.hpp"
#include "delivery/backoff.hpp"
#include "delivery/secrets.hpp"
#include "notify/slack_parts.hpp"
#include "store/place.hpp"
#include "store/sqlite_store.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::delivery {
namespace {

constexpr int kAtOnce = 4;  // in one channel
constexpr int kErrandsAtOnce = 32;
constexpr std::size_t kLongProblem = 300;
constexpr util::Millis kLook{2000};  // at the policies
constexpr std::chrono::minutes kPrune{10};
constexpr std::chrono::hours kKept{24 * 7};

double chance() {
  static std::mt19937 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

util::Json settings_of(const policy::Channel& channel) {
  return util::parse_json(channel.settings, "a channel");
}

bool allows_private(const util::Json& settings) {
  return settings.value("allow_private", false);
}

// What is sent, and everything that the answer to it is read with.
struct Attempt {
  notify::Message message;
  util::Json settings;
  notify::Secrets secrets;
  std::string reference;
  const notify::Kind* kind = nullptr;
  std::string buttons_for{};

  notify::Sending sending() const { return {message, settings, secrets, reference, buttons_for}; }
  notify::Outcome outcome(const Sent& sent) const {
    using Result = notify::Outcome::Result;
    if (sent.answer.status != 0) return kind->read(sending(), sent.answer);
    const std::string hint = sent.hint.empty() ? "" : " (" + sent.hint + ")";
    return {sent.is_hopeless ? Result::hopeless : Result::later, util::visible(sent.problem + hint), ""};
  }
};

std::shared_ptr<Attempt> attempt(notify::Message message, const policy::Channel& channel,
                                 std::string reference, const std::string& readers) {
  auto made = std::make_shared<Attempt>(Attempt{
      std::move(message), settings_of(channel), {}, std::move(reference), notify::find_kind(channel.kind)});
  if (made->kind == nullptr) throw util::Error("this program knows no channel of the kind " + channel.kind);
  made->secrets = read_secrets(made->settings, readers);
  return made;
}

std::string words_of(const util::Error& error) {
  return util::visible(error.hint().empty() ? error.what()
                                            : std::string(error.what()) + " (" + error.hint() + ")");
}

}  // namespace

Dispatcher::Dispatcher(Options options)
    : m_options(std::move(options)),
      m_store(store::open_sqlite(m_options.directory)),
      m_errands(m_options.parent, m_options.log) {
  m_stamp = m_options.policies_stamp();
  m_readers = store::group_of(m_options.directory);
  m_policies = std::make_unique<policy::Set>(m_options.load_policies());
  for (const auto& channel : m_policies->channels()) m_channels[channel.name] = channel;
  m_looked = Clock::now();
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::run() {
  const auto watch = m_store->watch(std::nullopt);
  while (true) {
    watch->drain();
    reload();
    run_errands();
    if (m_errands.is_over()) break;
    settle();
    start_due();
    if (m_options.parent < 0 && m_under_way.empty() && m_told.empty() && !m_store->may_notify()) return;
    m_sender.run_once({watch->fd(), m_options.parent}, m_told.empty() ? until_next() : util::Millis{0});
  }
  settle();
}

void Dispatcher::reload() {
  if (Clock::now() - m_looked < kLook) return;
  m_looked = Clock::now();
  auto stamp = m_options.policies_stamp();
  if (stamp == m_stamp) return;
  m_stamp = std::move(stamp);
  try {
    m_policies = std::make_unique<policy::Set>(m_options.load_policies());
    m_channels.clear();
    for (const auto& channel : m_policies->channels()) m_channels[channel.name] = channel;
  } catch (const util::Error& error) {
    m_options.log("the policies cannot be loaded, the old channels stay: " + words_of(error));
  }
}

// In one transaction what came of many: one wait for the disk.
void Dispatcher::settle() {
  const bool prune = Clock::now() - m_pruned > kPrune;
  const bool due = m_store->next_moment().value_or(util::Time::max()) <= m_store->now();
  if (due) service::Service(*m_store, *m_policies, policy::Effect::deny).settle_due();
  if (m_told.empty() && !prune) return;
  m_store->write([&](store::Transaction& transaction) {
    for (const auto& told : m_told) transaction.settle(told);
    if (prune && !transaction.prune_notices(transaction.now() - kKept)) m_pruned = Clock::now();
  });
  for (const auto& told : m_told) m_under_way.erase(told.number);
  m_told.clear();
}

void Dispatcher::start_due() {
  for (const auto& name : m_store->channels_of_notices()) {
    Pace& pace = m_paces[name];
    if (m_store->now() < pace.paused_until) continue;
    for (const auto& notice : m_store->due_notices(name, kAtOnce + static_cast<int>(m_under_way.size()))) {
      if (pace.under_way >= kAtOnce) break;
      if (m_under_way.contains(notice.number)) continue;
      m_under_way.insert(notice.number);
      const auto channel = m_channels.find(name);
      if (channel == m_channels.end()) {
        give_up(notice, "the policies have no such channel any more");
        continue;
      }
      ++pace.under_way;
      start(notice, channel->second);
    }
  }
}

approval::View Dispatcher::view_of(const std::string& request) {
  const auto id = approval::RequestId::parse(request);
  const auto found = id ? m_store->get(*id) : std::nullopt;
  if (!found) throw util::UsageError("there is no such request any more");
  return approval::view_of(*found, m_policies->groups().resolve(approval::groups_of(found->requirement)));
}

void Dispatcher::run_errands() {
  for (const auto& errand : m_errands.take()) {
    const auto failed = [&](const std::string& why) {
      m_options.log("somebody who clicked in " + errand.channel + " was not answered: " + why);
    };
    try {
      if (m_errands_under_way >= kErrandsAtOnce) throw util::Error("too many clicks at once");
      run_errand(errand);
    } catch (const util::Error& error) {
      failed(words_of(error));
    } catch (const std::exception& error) {
      failed(std::string("a defect of jit-notify: ") + error.what());
    }
  }
}

// Tried once: a dialog can be opened for three seconds, and whoever waits for an answer clicks again.
void Dispatcher::run_errand(const service::Errand& errand) {
  const auto channel = m_channels.find(errand.channel);
  if (channel == m_channels.end() || channel->second.kind != "slack")
    throw util::UsageError("the policies have no such channel of Slack's any more");
  notify::Message message;
  if (errand.kind == service::Errand::Kind::ask_reason) {
    message = notify::make_message(view_of(errand.request), {}, "", m_store->now());
    if (message.digest != errand.digest) throw util::UsageError("the request is another one");
  }
  auto made = attempt(std::move(message), channel->second, "none that is read", m_readers);
  made->buttons_for = errand.channel;
  const auto post =
      errand.kind == service::Errand::Kind::ask_reason
          ? notify::slack_dialog(made->sending(), errand.trigger)
          : notify::slack_whisper(made->settings, made->secrets, {errand.place, errand.person, errand.text});
  ++m_errands_under_way;
  m_sender.start(post, allows_private(made->settings), [this, made](const Sent& sent) {
    --m_errands_under_way;
    const std::string problem = made->outcome(sent).problem;
    if (!problem.empty())
      m_options.log("somebody who clicked in " + made->buttons_for + " was not answered: " + problem);
  });
}

void Dispatcher::start(const store::Notice& notice, const policy::Channel& channel) {
  try {
    const auto view = view_of(notice.request);
    const auto event = notify::Event::of("msg_" + notice.request + "_" + std::to_string(notice.number),
                                         notice.event, notice.about, notice.made_at);
    auto made = attempt(notify::make_message(view, event, m_policies->link(), m_store->now()), channel,
                        m_store->reference(view.request.id, notice.channel), m_readers);
    if (m_options.buttons) made->buttons_for = channel.name;
    m_sender.start(made->kind->pack(made->sending()), allows_private(made->settings),
                   [this, notice, made](const Sent& sent) { take(notice, made->outcome(sent), sent); });
  } catch (const util::Error& error) {
    const bool hopeless = dynamic_cast<const util::UsageError*>(&error) != nullptr;
    take(notice,
         {hopeless ? notify::Outcome::Result::hopeless : notify::Outcome::Result::later, words_of(error), ""},
         {});
  } catch (const std::exception& error) {
    // What we did not think of in one notice must not keep those after it from being told.
    take(notice,
         {notify::Outcome::Result::hopeless, std::string("a defect of jit-notify: ") + error.what(), ""}, {});
  }
}

void Dispatcher::give_up(const store::Notice& notice, const std::string& problem) {
  m_told.push_back({notice.number, store::Told::Result::given_up, m_store->now(), {}, problem});
  m_options.log("gave up telling " + notice.channel + " of request " + notice.request + " (" + notice.event +
                "): " + problem);
}

void Dispatcher::take(const store::Notice& notice, const notify::Outcome& outcome, const Sent& sent) {
  using Result = notify::Outcome::Result;
  Pace& pace = m_paces[notice.channel];
  --pace.under_way;
  const util::Time now = m_store->now();
  if (outcome.result == Result::delivered) {
    pace.failures = 0;
    auto reference = outcome.reference.empty() ? std::nullopt : std::optional(outcome.reference);
    m_told.push_back({notice.number, store::Told::Result::delivered, now, {}, "", std::move(reference)});
    return;
  }
  const std::string problem = notify::shortened(outcome.problem, kLongProblem);
  if (outcome.result == Result::hopeless || now - notice.made_at > kPatience) return give_up(notice, problem);
  ++pace.failures;
  pace.paused_until = now + pause_after(pace.failures, sent.retry_after, chance());
  const auto again = now + pause_after(notice.attempts + 1, sent.retry_after, chance());
  m_told.push_back(
      {notice.number, store::Told::Result::later, now, std::max(again, pace.paused_until), problem});
  if (pace.failures == 1)
    m_options.log("cannot tell " + notice.channel + " now, it is tried again: " + problem);
}

util::Millis Dispatcher::until_next() {
  constexpr util::Millis kMost{60'000};
  const util::Time now = m_store->now();
  util::Time next = now + kMost;
  if (const auto moment = m_store->next_moment()) next = std::min(next, *moment);
  for (const auto& [name, pace] : m_paces) {
    if (pace.paused_until > now) next = std::min(next, pace.paused_until);
  }
  return std::clamp(next - now, util::Millis{0}, kMost);
}

Tried try_channel(const policy::Channel& channel, const std::string& host, const std::string& directory) {
  std::optional<Tried> tried;
  try {
    const auto made = attempt(notify::test_message(channel.name, host, util::wall_clock()), channel, "",
                              store::group_of(directory));
    Sender sender;
    sender.start(made->kind->pack(made->sending()), allows_private(made->settings), [&](const Sent& sent) {
      const auto outcome = made->outcome(sent);
      const bool arrived = outcome.result == notify::Outcome::Result::delivered;
      tried = Tried{arrived, arrived ? "the channel took it" : outcome.problem, ""};
    });
    while (!tried) sender.run_once({}, util::Millis{1000});
  } catch (const util::Error& error) {
    return {false, error.what(), error.hint()};
  }
  return *tried;
}

}  // namespace jit::delivery

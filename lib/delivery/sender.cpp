#include "delivery/sender.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <utility>

#include "delivery/bell.hpp"
#include "delivery/program.hpp"
#include "transfer/easy.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::delivery {
// Named, because Sender::Impl holds what is in it.
namespace under_way {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestAnswer = 64U << 10U;
constexpr std::chrono::seconds kTime{10};
constexpr const char* kPrivate = "it leads to a private address";

struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// One HTTP request or mail that is under way. libcurl keeps its address.
struct Transfer {
  transfer::Easy easy;
  std::string sent;
  std::size_t sent_bytes = 0;
  bool is_mail = false;
  Sender::Done done;
};

struct Execution {
  std::unique_ptr<Program> program;
  Clock::time_point end;
  Sender::Done done;
};

template <typename Value>
void set(const Transfer& transfer, CURLoption option, Value value) {
  if (curl_easy_setopt(transfer.easy.handle(), option, value) != CURLE_OK)
    throw util::Error("libcurl cannot do what is needed");
}

std::size_t give_text(char* bytes, std::size_t size, std::size_t count, void* from) {
  auto& transfer = *static_cast<Transfer*>(from);
  const std::size_t some = std::min(size * count, transfer.sent.size() - transfer.sent_bytes);
  (void)transfer.sent.copy(bytes, some, transfer.sent_bytes);
  transfer.sent_bytes += some;
  return some;
}

void set_up(Transfer& transfer, const notify::Post& post, bool allow_private) {
  const bool plain = post.url.starts_with("http://");
  // As it is written: to libcurl HTTP:// is the same, and so is nothing at all.
  if (!plain && !post.url.starts_with("https://"))
    throw util::UsageError("the channel's URL must begin with https://");
  if (plain && !allow_private)
    throw util::UsageError("without TLS it only goes to this machine, and only with allow_private: true");
  transfer.sent = post.body;
  transfer.easy.prepare(post.url, plain ? "http" : "https", {allow_private, plain, kTime, kLongestAnswer});
  set(transfer, CURLOPT_POST, 1L);
  set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.sent.size()));
  set(transfer, CURLOPT_POSTFIELDS, transfer.sent.c_str());
  for (const auto& header : post.headers) transfer.easy.add_line(header);
  transfer.easy.add_line("Expect:");
  transfer.easy.add_line("User-Agent: jit-run");
  set(transfer, CURLOPT_HTTPHEADER, transfer.easy.lines());
}

void set_up(Transfer& transfer, const notify::Mail& mail, bool allow_private) {
  transfer.is_mail = true;
  transfer.sent = mail.text;
  transfer.easy.prepare(mail.server, "smtp,smtps", {allow_private, false, kTime, kLongestAnswer});
  set(transfer, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!mail.ca_file.empty()) set(transfer, CURLOPT_CAINFO, mail.ca_file.c_str());
  if (!mail.user.empty()) {
    set(transfer, CURLOPT_USERNAME, mail.user.c_str());
    set(transfer, CURLOPT_PASSWORD, mail.password.c_str());
  }
  set(transfer, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
  for (const auto& person : mail.to) transfer.easy.add_line("<" + person + ">");
  set(transfer, CURLOPT_MAIL_RCPT, transfer.easy.lines());
  set(transfer, CURLOPT_READFUNCTION, &give_text);
  set(transfer, CURLOPT_READDATA, static_cast<void*>(&transfer));
  set(transfer, CURLOPT_UPLOAD, 1L);
}

// Only the receiver's own refusal of the mail is for good (RFC 5321: 5yz), and whatever we refuse.
Sent failed(const Transfer& transfer, CURLcode code, long status) {
  Sent sent;
  const bool plain = transfer.easy.bounds().plain;
  if (transfer.easy.refused()) {
    sent.is_hopeless = true;
    sent.problem = plain ? "without TLS it must lead to this machine" : kPrivate;
    if (!plain) sent.hint = "allow_private: true in the channel, if that is meant";
    return sent;
  }
  if (transfer.easy.too_long()) {
    sent.problem = "its answer is longer than 64 KiB";
    return sent;
  }
  // Of what libcurl says, a URL may be a part, and the URL may be a secret: its words for the code alone.
  sent.problem = curl_easy_strerror(code);
  sent.hint = code == CURLE_OPERATION_TIMEDOUT ? "it took longer than 10 s" : transfer::hint_of(code);
  const bool refused_for_good = transfer.is_mail && status >= 500 && status < 600;
  sent.is_hopeless = refused_for_good || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
  if (refused_for_good) sent.problem += " (" + std::to_string(status) + ")";
  return sent;
}

}  // namespace under_way

using namespace under_way;

struct Sender::Impl {
  Impl() {
    transfer::start_libcurl();
    multi.reset(curl_multi_init());
    if (!multi) throw util::Error("libcurl does not start");
  }
  ~Impl() {
    for (auto& transfer : transfers) curl_multi_remove_handle(multi.get(), transfer.easy.handle());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <typename Parcel>
  void start(const Parcel& parcel, bool allow_private, Done done) {
    const auto before = transfers.size();
    try {
      Transfer& transfer = transfers.emplace_back();
      transfer.done = done;
      set_up(transfer, parcel, allow_private);
      if (curl_multi_add_handle(multi.get(), transfer.easy.handle()) != CURLM_OK)
        throw util::Error("libcurl does not start");
    } catch (const util::Error& error) {
      if (transfers.size() > before) transfers.pop_back();
      ended.emplace_back(
          std::move(done),
          Sent{{}, error.what(), error.hint(), dynamic_cast<const util::UsageError*>(&error) != nullptr});
    }
  }

  void execute(const notify::Run& run, Done done) {
    try {
      executions.push_back({std::make_unique<Program>(run), Clock::now() + kTime, std::move(done)});
    } catch (const util::Error& error) {
      ended.emplace_back(std::move(done), Sent{{}, error.what(), "is it there, and may this user run it?"});
    }
  }

  static Sent of_exit(int code) {
    constexpr int kOk = 200;
    if (code == 0) return {{kOk, ""}, "", ""};
    return {
        {}, code < 0 ? "killed by signal " + std::to_string(-code) : "exit code " + std::to_string(code), ""};
  }

  void look_at_programs() {
    for (auto one = executions.begin(); one != executions.end();) {
      const auto code = one->program->result();
      const bool late = !code && Clock::now() >= one->end;
      if (!code && !late) {
        ++one;
        continue;
      }
      ended.emplace_back(std::move(one->done),
                         late ? Sent{{}, "it took longer than 10 s", ""} : of_exit(*code));
      one = executions.erase(one);
    }
  }

  void finish(CURL* easy, CURLcode code) {
    const auto found = std::find_if(transfers.begin(), transfers.end(),
                                    [&](const Transfer& transfer) { return transfer.easy.handle() == easy; });
    if (found == transfers.end()) return;
    long status = 0;
    curl_off_t pause = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &pause);
    curl_multi_remove_handle(multi.get(), easy);
    constexpr int kOk = 200;
    Sent sent =
        code == CURLE_OK
            ? Sent{{found->is_mail ? kOk : static_cast<int>(status), std::move(found->easy.body())}, "", ""}
            : failed(*found, code, status);
    if (pause > 0) sent.retry_after = std::chrono::seconds(std::min<curl_off_t>(pause, 86'400));
    ended.emplace_back(std::move(found->done), std::move(sent));
    transfers.erase(found);
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
    look_at_programs();
    for (auto& [done, sent] : std::exchange(ended, {})) done(std::move(sent));
  }

  void run_once(const std::vector<int>& fds, util::Millis at_most) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    const bool had_any = !ended.empty();
    const auto before = transfers.size() + executions.size();
    collect();
    if (had_any || transfers.size() + executions.size() != before) return;
    std::vector<curl_waitfd> extra;
    for (const int fd : fds) {
      if (fd >= 0) extra.push_back({fd, CURL_WAIT_POLLIN, 0});
    }
    for (const auto& execution : executions) {
      if (execution.program->fd() >= 0) extra.push_back({execution.program->fd(), CURL_WAIT_POLLIN, 0});
      at_most = std::min(at_most, std::chrono::ceil<util::Millis>(execution.end - Clock::now()));
    }
    curl_multi_poll(multi.get(), extra.data(), static_cast<unsigned>(extra.size()),
                    static_cast<int>(std::max(at_most, util::Millis{0}).count()), nullptr);
    curl_multi_perform(multi.get(), &running);
    collect();
  }

  std::unique_ptr<CURLM, FreeMulti> multi;
  std::list<Transfer> transfers;
  std::list<Execution> executions;
  std::vector<std::pair<Done, Sent>> ended;
};

Sender::Sender() : m_impl(std::make_unique<Impl>()) {}
Sender::~Sender() = default;

void Sender::start(notify::Parcel parcel, bool allow_private, Done done) {
  if (const auto* post = std::get_if<notify::Post>(&parcel))
    return m_impl->start(*post, allow_private, std::move(done));
  if (const auto* mail = std::get_if<notify::Mail>(&parcel))
    return m_impl->start(*mail, allow_private, std::move(done));
  if (const auto* run = std::get_if<notify::Run>(&parcel)) return m_impl->execute(*run, std::move(done));
  constexpr int kOk = 200;
  const auto& bell = std::get<notify::Bell>(parcel);
  std::string problem = ring(bell);
  const int status = problem.empty() ? kOk : 0;
  m_impl->ended.emplace_back(std::move(done), Sent{{status, ""}, std::move(problem), ""});
}

void Sender::run_once(const std::vector<int>& fds, util::Millis at_most) {
  m_impl->run_once(fds, at_most);
}

}  // namespace jit::delivery

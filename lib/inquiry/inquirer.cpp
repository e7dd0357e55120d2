#include "inquiry/inquirer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>

#include "inquiry/program.hpp"
#include "live/kind.hpp"
#include "transfer/easy.hpp"
#include "util/error.hpp"
#include "util/secret.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::inquiry {
namespace {

using Clock = std::chrono::steady_clock;
using live::Answer;
using util::Json;
using util::Millis;

constexpr std::int64_t kUsualTimeout = 2000;
constexpr std::int64_t kLongestTimeout = 10'000;
constexpr long kOk = 200;

struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// A source that is being asked. One of `easy` and `program`, until it is done.
struct Asked {
  const live::Kind* kind = nullptr;
  Json settings;
  Clock::time_point began, end;
  std::unique_ptr<transfer::Easy> easy;
  std::unique_ptr<Program> program;
  Answer answer;
  bool done = false;

  std::string limit() const { return util::to_text(std::chrono::duration_cast<Millis>(end - began)); }
  void finish(const std::string& problem, const std::string& hint = {}) {
    answer.problem = util::visible(problem);
    answer.hint = util::visible(hint);
    answer.took = std::chrono::duration_cast<Millis>(Clock::now() - began);
    answer.notices.clear();
    done = true;
  }
  void read(const std::string& body) {
    try {
      auto notices = kind->read(body, settings);
      finish("");
      answer.notices = std::move(notices);
    } catch (const util::Error& error) {
      finish(error.what(), error.hint());
    }
  }
};

bool flag(const Json& settings, const char* key) {
  return settings.value(key, false);
}

class Round {
 public:
  Round() {
    transfer::start_libcurl();
    m_multi.reset(curl_multi_init());
    if (!m_multi) throw util::Error("libcurl does not start");
  }
  ~Round() {
    for (auto& asked : m_asked) drop(asked);
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  void start(const live::Source& source) {
    Asked& asked = m_asked.emplace_back();
    asked.began = asked.end = Clock::now();
    try {
      asked.settings = util::parse_json(source.settings, "a source's settings");
      const auto timeout = asked.settings.value("timeout", kUsualTimeout);
      asked.end = asked.began + Millis{std::clamp<std::int64_t>(timeout, 1, kLongestTimeout)};
      asked.kind = live::find_kind(source.kind);
      if (asked.kind == nullptr) throw util::Error("this program knows no source of the kind " + source.kind);
      const auto inquiry = asked.kind->ask(asked.settings);
      if (const auto* get = std::get_if<live::Get>(&inquiry)) fetch(asked, get->url);
      if (const auto* file = std::get_if<live::Read>(&inquiry)) read_file(asked, file->path);
      if (const auto* run = std::get_if<live::Run>(&inquiry))
        asked.program = std::make_unique<Program>(run->argv, live::kMostBytes);
    } catch (const util::Error& error) {
      asked.finish(error.what(), error.hint());
    } catch (const Json::exception&) {
      asked.finish("its settings are not those of its kind");
    }
  }

  std::vector<Answer> wait() {
    while (std::any_of(m_asked.begin(), m_asked.end(), [](const Asked& asked) { return !asked.done; }))
      step();
    std::vector<Answer> answers;
    for (auto& asked : m_asked) answers.push_back(std::move(asked.answer));
    return answers;
  }

 private:
  void fetch(Asked& asked, const std::string& url) {
    const bool plain = url.starts_with("http://");
    if (!plain && !url.starts_with("https://")) throw util::Error("its URL must begin with https://");
    asked.easy = std::make_unique<transfer::Easy>();
    auto& easy = *asked.easy;
    easy.prepare(url, plain ? "http" : "https",
                 {flag(asked.settings, "allow_private"), plain,
                  std::chrono::duration_cast<Millis>(asked.end - asked.began), live::kMostBytes});
    const auto ca_file = asked.settings.value("ca_file", "");
    // Whoever can write it says whom to believe.
    if (!ca_file.empty() && !util::open_trusted(ca_file)) throw util::Error("there is no file " + ca_file);
    if (!ca_file.empty() && curl_easy_setopt(easy.handle(), CURLOPT_CAINFO, ca_file.c_str()) != CURLE_OK)
      throw util::Error("libcurl cannot do what is needed");
    const auto token_file = asked.settings.value("token_file", "");
    if (!token_file.empty()) easy.add_line("Authorization: Bearer " + util::read_secret(token_file));
    easy.add_line("Accept: application/json");
    easy.add_line("User-Agent: jit-run");
    if (curl_easy_setopt(easy.handle(), CURLOPT_HTTPHEADER, easy.lines()) != CURLE_OK ||
        curl_multi_add_handle(m_multi.get(), easy.handle()) != CURLM_OK)
      throw util::Error("libcurl cannot do what is needed");
  }

  static void read_file(Asked& asked, const std::string& path) {
    const auto text = util::read_trusted(path, live::kMostBytes);
    if (!text) return asked.finish("there is no file " + path, "an empty file says that nothing is active");
    asked.read(*text);
  }

  void drop(Asked& asked) {
    if (asked.easy) curl_multi_remove_handle(m_multi.get(), asked.easy->handle());
    asked.easy.reset();
    asked.program.reset();
  }

  static void finish_transfer(Asked& asked, CURLcode code) {
    auto& easy = *asked.easy;
    if (easy.refused()) {
      if (easy.bounds().plain) return asked.finish("without TLS it must lead to this machine", "https://");
      return asked.finish("it leads to a private address",
                          "allow_private: true in the source, if that is meant");
    }
    if (easy.too_long()) return asked.finish("its answer is longer than 4 MiB");
    if (code == CURLE_OPERATION_TIMEDOUT) return asked.finish("it did not answer within " + asked.limit());
    if (code != CURLE_OK) return asked.finish(curl_easy_strerror(code), transfer::hint_of(code));
    long status = 0;
    curl_easy_getinfo(easy.handle(), CURLINFO_RESPONSE_CODE, &status);
    if (status == kOk) return asked.read(easy.body());
    const bool elsewhere = status >= 300 && status < 400;
    const bool refused = status == 401 || status == 403;
    asked.finish("it answers with HTTP status " + std::to_string(status),
                 elsewhere ? "it leads elsewhere, which is not followed: name that address"
                 : refused ? "token_file in the source names what it wants to see"
                           : "");
  }

  void look_at_transfers() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(m_multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto found = std::find_if(m_asked.begin(), m_asked.end(), [&](const Asked& asked) {
        return asked.easy && asked.easy->handle() == message->easy_handle;
      });
      if (found == m_asked.end()) continue;
      finish_transfer(*found, code);
      drop(*found);
    }
  }

  void look_at_programs() {
    for (auto& asked : m_asked) {
      if (asked.done || !asked.program || !asked.program->advance()) continue;
      const auto& program = *asked.program;
      if (program.too_long()) {
        asked.finish("it writes more than 4 MiB");
      } else if (program.code() != 0) {
        asked.finish(program.code() < 0 ? "it was killed by signal " + std::to_string(-program.code())
                                        : "it ended with exit code " + std::to_string(program.code()));
      } else {
        asked.read(program.output());
      }
      drop(asked);
    }
  }

  void end_the_late() {
    for (auto& asked : m_asked) {
      if (asked.done || Clock::now() < asked.end) continue;
      asked.finish("it did not answer within " + asked.limit());
      drop(asked);
    }
  }

  void step() {
    // A program's end makes nothing readable where another process holds its output.
    constexpr Millis kNap{20};
    int running = 0;
    curl_multi_perform(m_multi.get(), &running);
    look_at_transfers();
    look_at_programs();
    end_the_late();
    std::vector<curl_waitfd> others;
    Millis nap{1000};
    for (const auto& asked : m_asked) {
      if (asked.done) continue;
      nap = std::min(nap, std::max(Millis{1}, std::chrono::ceil<Millis>(asked.end - Clock::now())));
      if (!asked.program) continue;
      if (asked.program->fd() >= 0) others.push_back({asked.program->fd(), CURL_WAIT_POLLIN, 0});
      if (asked.program->fd() < 0) nap = std::min(nap, kNap);
    }
    if (std::all_of(m_asked.begin(), m_asked.end(), [](const Asked& asked) { return asked.done; })) return;
    curl_multi_poll(m_multi.get(), others.data(), static_cast<unsigned>(others.size()),
                    static_cast<int>(nap.count()), nullptr);
  }

  std::unique_ptr<CURLM, FreeMulti> m_multi;
  std::list<Asked> m_asked;
};

}  // namespace

std::vector<Answer> ask(const std::vector<live::Source>& sources) {
  Round round;
  for (const auto& source : sources) round.start(source);
  return round.wait();
}

}  // namespace jit::inquiry

#include "http/transfers.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <list>

#include "util/error.hpp"

namespace jit::http {
namespace {

constexpr std::size_t kLongestAnswer = 16U << 20U;
constexpr std::size_t kLongestHeaders = 64U << 10U;
constexpr long kToConnect = 10'000;  // ms

// Once a process; libcurl wants it.
void initialise() {
  static const CURLcode kResult = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kResult != CURLE_OK) throw util::Error("libcurl does not start");
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What another try may mend. A server that cannot be trusted is not one of them.
bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
      return true;
    default:
      return false;
  }
}

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

bool is_doubtful(CURLcode code, int os_error, const std::string& problem) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
      return true;
    case CURLE_COULDNT_CONNECT:
      return os_error == ENOENT || os_error == EACCES || os_error == ENOTSOCK;
    case CURLE_SSL_CONNECT_ERROR:
      return has(problem, "wrong version number") || has(problem, "http request");
    default:
      return false;
  }
}

}  // namespace

struct Transfers::Impl {
  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  struct Transfer {
    std::unique_ptr<CURL, FreeEasy> easy;
    std::unique_ptr<curl_slist, FreeList> headers;
    std::string sent;
    Answer answer;
    std::size_t header_bytes = 0;
    bool too_long = false, ended_by_us = false;
    Done done;
    Piece piece;
    char error[CURL_ERROR_SIZE] = {};
  };

  Impl(Endpoint where, Identity who) : endpoint(std::move(where)), identity(std::move(who)) {
    initialise();
    multi.reset(curl_multi_init());
    if (!multi) throw util::Error("libcurl does not start");
  }

  ~Impl() {
    for (auto& transfer : transfers) curl_multi_remove_handle(multi.get(), transfer.easy.get());
  }

  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    const std::string line(bytes, size * count);
    transfer.header_bytes += line.size();
    if (transfer.header_bytes > kLongestHeaders) return 0;
    // The headers of an interim answer, or of a proxy's, are not those of the answer.
    if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
    if (const auto colon = line.find(':'); colon != std::string::npos)
      transfer.answer.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
    return size * count;
  }

  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    const std::string piece(bytes, size * count);
    if (transfer.piece && transfer.answer.headers["content-type"].starts_with("text/event-stream")) {
      transfer.ended_by_us = !transfer.piece(piece);
      return transfer.ended_by_us ? 0 : piece.size();
    }
    transfer.too_long = transfer.answer.body.size() + piece.size() > kLongestAnswer;
    if (transfer.too_long) return 0;
    transfer.answer.body += piece;
    return piece.size();
  }

  template <typename Value>
  static void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      throw util::Error("libcurl cannot do what is needed");
  }

  void set_trust(CURL* easy) const {
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!identity.ca_file.empty()) {
      set(easy, CURLOPT_CAINFO, identity.ca_file.c_str());
      set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));  // this authority, and no other
    }
    if (!identity.client_cert.empty()) set(easy, CURLOPT_SSLCERT, identity.client_cert.c_str());
    if (!identity.client_key.empty()) set(easy, CURLOPT_SSLKEY, identity.client_key.c_str());
    if (!endpoint.unix_socket.empty()) set(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_socket.c_str());
    if (endpoint.is_loopback) set(easy, CURLOPT_PROXY, "");  // it does not leave this machine
  }

  void start(const Exchange& exchange, Done done, Piece piece) {
    Transfer& transfer = transfers.emplace_back();
    transfer.easy.reset(curl_easy_init());
    CURL* easy = transfer.easy.get();
    if (easy == nullptr) throw util::Error("libcurl does not start");
    transfer.done = std::move(done);
    transfer.piece = std::move(piece);
    transfer.sent = exchange.body;
    set_trust(easy);
    set(easy, CURLOPT_URL, (endpoint.base + exchange.path).c_str());
    set(easy, CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(exchange.within.count()));
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, kToConnect);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_HEADERFUNCTION, &take_header);
    set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_WRITEFUNCTION, &take_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_ERRORBUFFER, transfer.error);
    set(easy, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    std::vector<std::string> lines = {"Accept: application/json, application/problem+json, text/event-stream",
                                      "Expect:"};
    if (exchange.method != "GET") {
      set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.sent.size()));
      set(easy, CURLOPT_POSTFIELDS, transfer.sent.c_str());
      lines.emplace_back("Content-Type: application/json");
    }
    if (!identity.token.empty()) lines.push_back("Authorization: Bearer " + identity.token);
    for (const auto& [name, value] : exchange.headers) lines.push_back(name + ": " + value);
    for (const auto& line : lines) {
      curl_slist* longer = curl_slist_append(transfer.headers.get(), line.c_str());
      if (longer == nullptr) throw util::Error("out of memory");
      (void)transfer.headers.release();
      transfer.headers.reset(longer);
    }
    set(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    if (curl_multi_add_handle(multi.get(), easy) != CURLM_OK) throw util::Error("libcurl does not start");
  }

  // For a connection that was not made libcurl's own words name a host and port that a socket does not have.
  static std::string problem_of(const Transfer& transfer, CURLcode code, int error) {
    if (code == CURLE_COULDNT_CONNECT && error != 0) return util::SystemError(error, "connect").what();
    return transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
  }

  void finish(CURL* easy, CURLcode code) {
    const auto found = std::find_if(transfers.begin(), transfers.end(),
                                    [&](const Transfer& transfer) { return transfer.easy.get() == easy; });
    if (found == transfers.end()) return;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi.get(), easy);
    Answer answer = std::move(found->answer);
    if (code == CURLE_OK || found->ended_by_us) {
      answer.status = static_cast<int>(status);
    } else if (found->too_long) {
      answer.problem = "the answer is longer than 16 MiB";
    } else {
      long error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
      answer.problem = problem_of(*found, code, static_cast<int>(error));
      answer.may_pass = may_pass(code);
      answer.is_doubtful = is_doubtful(code, static_cast<int>(error), answer.problem);
    }
    const Done done = std::move(found->done);
    transfers.erase(found);
    done(std::move(answer));
  }

  void run_once(int fd, util::Millis at_most) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    if (collect()) return;  // what came of it may be due sooner than `at_most`
    curl_waitfd extra{fd, CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi.get(), &extra, 1, static_cast<int>(at_most.count()), nullptr);
    curl_multi_perform(multi.get(), &running);
    collect();
  }

  // True when a request has ended.
  bool collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      any = true;
    }
    return any;
  }

  Endpoint endpoint;
  Identity identity;
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::list<Transfer> transfers;  // libcurl keeps their addresses
};

Transfers::Transfers(Endpoint endpoint, Identity identity)
    : m_impl(std::make_unique<Impl>(std::move(endpoint), std::move(identity))) {}
Transfers::~Transfers() = default;

void Transfers::start(const Exchange& exchange, Done done, Piece piece) {
  m_impl->start(exchange, std::move(done), std::move(piece));
}

void Transfers::run_once(int fd, util::Millis at_most) {
  m_impl->run_once(fd, at_most);
}

}  // namespace jit::http

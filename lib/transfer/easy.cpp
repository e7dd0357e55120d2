#include "transfer/easy.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include "transfer/address.hpp"
#include "util/error.hpp"

namespace jit::transfer {
namespace {

constexpr std::size_t kLongestHeaders = 64U << 10U;

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw util::Error("libcurl cannot do what is needed");
}

}  // namespace

struct Easy::Callbacks {
  // The address that is really connected to, whatever a name meant a moment ago.
  static curl_socket_t open_socket(void* to, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& easy = *static_cast<Easy*>(to);
    const Bounds& bounds = easy.m_bounds;
    const Reach reach = reach_of(&address->addr, address->addrlen);
    const bool refused =
        bounds.plain ? reach != Reach::here
                     : reach == Reach::reserved || (reach != Reach::everywhere && !bounds.allow_private);
    if (!refused) return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    easy.m_refused = true;
    return CURL_SOCKET_BAD;
  }

  static std::size_t take_header(char* /*bytes*/, std::size_t size, std::size_t count, void* to) {
    auto& easy = *static_cast<Easy*>(to);
    easy.m_header_bytes += size * count;
    easy.m_too_long = easy.m_header_bytes > kLongestHeaders;
    return easy.m_too_long ? 0 : size * count;
  }

  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& easy = *static_cast<Easy*>(to);
    easy.m_too_long = easy.m_body.size() + size * count > easy.m_bounds.bytes;
    if (easy.m_too_long) return 0;
    easy.m_body.append(bytes, size * count);
    return size * count;
  }
};

Easy::Easy() : m_handle(curl_easy_init()) {
  if (m_handle == nullptr) throw util::Error("libcurl does not start");
}

Easy::~Easy() {
  curl_easy_cleanup(m_handle);
  curl_slist_free_all(m_lines);
}

void Easy::add_line(const std::string& line) {
  curl_slist* longer = curl_slist_append(m_lines, line.c_str());
  if (longer == nullptr) throw util::Error("out of memory");
  m_lines = longer;
}

void Easy::prepare(const std::string& url, const char* protocols, const Bounds& bounds) {
  m_bounds = bounds;
  CURL* handle = m_handle;
  set(handle, CURLOPT_URL, url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, protocols);
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs holds nobody up
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(bounds.time.count()));
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open_socket);
  set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(handle, CURLOPT_HEADERFUNCTION, &Callbacks::take_header);
  set(handle, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(handle, CURLOPT_WRITEFUNCTION, &Callbacks::take_body);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void start_libcurl() {
  static const CURLcode kResult = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kResult != CURLE_OK) throw util::Error("libcurl does not start");
}

std::string hint_of(int code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "no such host is known here";
    case CURLE_COULDNT_CONNECT:
      return "nobody listens there, or a firewall is between";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return "its certificate is signed by nobody whom this machine trusts, or is another host's";
    case CURLE_USE_SSL_FAILED:
      return "the server offers no STARTTLS; smtps:// is TLS from the start";
    case CURLE_LOGIN_DENIED:
      return "user or password_file is wrong";
    default:
      return "";
  }
}

}  // namespace jit::transfer

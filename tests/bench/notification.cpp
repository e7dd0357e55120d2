// From a durable request to whoever is told: how long after it a loopback receiver has the whole message,
// when the program that tells runs already, and when it is started for it. The peer is a POST of that size by
// hand.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "backend/backend.hpp"
#include "bench.hpp"
#include "policy/policy_set.hpp"
#include "util/json.hpp"

using namespace jit;
using namespace jit::bench;

namespace {

constexpr const char* kAnswer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// A receiver of one message at a time, in this thread: what waits for it waits in the socket's queue.
class Receiver {
 public:
  Receiver() : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    m_address.sin_family = AF_INET;
    m_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof m_address;
    if (::bind(m_socket, reinterpret_cast<sockaddr*>(&m_address), size) != 0 || ::listen(m_socket, 16) != 0)
      std::abort();
    ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&m_address), &size);
  }
  ~Receiver() { ::close(m_socket); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(m_address.sin_port)) + "/x"; }
  int connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&m_address), sizeof m_address) != 0) std::abort();
    return fd;
  }
  // When the message was there, whole; 0 when it did not come.
  double take() {
    const int fd = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
    m_message.clear();
    char bytes[16384];
    while (!is_whole()) {
      const ssize_t n = ::read(fd, bytes, sizeof bytes);
      if (n <= 0) break;
      m_message.append(bytes, static_cast<std::size_t>(n));
    }
    const double at = is_whole() ? now_ms() : 0;
    (void)!::write(fd, kAnswer, std::strlen(kAnswer));
    ::close(fd);
    return at;
  }
  const std::string& message() const { return m_message; }

 private:
  bool is_whole() const {
    const auto end = m_message.find("\r\n\r\n");
    const auto length = m_message.find("Content-Length: ");
    return end != std::string::npos && length != std::string::npos &&
           m_message.size() >= end + 4 + std::stoul(m_message.substr(length + 16));
  }
  int m_socket;
  sockaddr_in m_address{};
  std::string m_message;
};

double by_hand(Receiver& receiver, const std::string& message) {
  const double begin = now_ms();
  const int fd = receiver.connect();
  (void)!::write(fd, message.data(), message.size());
  const double took = receiver.take() - begin;
  ::close(fd);
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: notification PREFIX [ROUNDS]\n"), 125;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 100;
  const std::string program = std::filesystem::absolute(argv[1]) / "libexec/jit-run/jit-notify";
  const Scratch scratch;
  use_home(scratch / "home");
  Receiver receiver;
  ::umask(077);
  write_file(scratch / "url", receiver.url());
  write_file(scratch / "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const std::string policies = scratch / "policy.yaml";
  write_file(policies, "version: 1\nchannels: {hook: {webhook: {url_file: " + (scratch / "url") +
                           ", secret_file: " + (scratch / "secret") +
                           ", allow_private: true}}}\nrules:\n"
                           "  - {name: all, match: {}, effect: ask, notify: [hook]}\n");
  const auto set = policy::Set::load(policies, {});
  const std::string store = scratch / "store";
  const auto backend = backend::open({"local:" + store, scratch / "home/state", &set, policy::Effect::ask});
  const auto context = std::make_shared<const util::Json>(
      util::Json{{"command", {{"argv", {"true"}}, {"line", "true"}, {"name", "true"}}}});
  const std::vector<std::string> words{program, "serve", "--store", store, "--policies", policies};

  std::vector<double> running;
  std::vector<double> started;
  std::vector<double> peer;
  pid_t pid = -1;
  for (int round = 0; round < rounds; ++round) {
    const bool cold = round % 2 == 0;
    (void)backend->ask({context, "", "", std::nullopt});
    const double durable = now_ms();
    if (cold) pid = start(words);
    const double took = receiver.take() - durable;
    if (took < 0) return std::fprintf(stderr, "nobody was told\n"), 1;
    (cold ? started : running).push_back(took);
    ::usleep(30000);  // it has written down that it is done
    if (cold) continue;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    const std::string message = receiver.message();
    peer.push_back(by_hand(receiver, message));
  }
  const double base = median(peer);
  row("a POST of that size by hand", base, "ms", 1, "itself", "");
  row("request durable -> message received", median(running), "ms", median(running) / base, "by hand",
      "<= 20 ms");
  row("the same, the program that tells is started for it", median(started), "ms", median(started) / base,
      "by hand", "<= 20 ms");
  return 0;
}

// What jit-server bears: from a decision to the command while thousands of others wait, the memory of who
// waits, durable reviews a second against raw SQLite commits, and reads a second against nginx.
#include <sqlite3.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "bench.hpp"
#include "clients.hpp"

using namespace jit::bench;
using nlohmann::json;

namespace {

constexpr int kRounds = 150;
constexpr double kRoundsTime = 40'000;  // ms: less than a long poll lasts
constexpr std::size_t kUsers = 200;     // so many that no limit of one user's is met
constexpr std::size_t kOthers = 5000;
constexpr std::size_t kWaiting = 10'000;
constexpr rlim_t kDescriptors = 11'000;
constexpr std::size_t kReviewers = 64;
constexpr std::size_t kReaders = 32;
constexpr const char* kPolicy =
    "version: 1\nrules:\n  - {name: all, match: {}, effect: ask, approval: {self: true}}\n";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Ends with its scope, one way or the other.
class Process {
 public:
  explicit Process(pid_t pid) : m_pid(pid) {}
  ~Process() {
    if (m_pid <= 0) return;
    ::kill(m_pid, SIGTERM);
    for (int i = 0; i < 500; ++i, ::usleep(10'000)) {
      if (::waitpid(m_pid, nullptr, WNOHANG) == m_pid) return;
    }
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  long resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(m_pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
    }
    fail("the server is gone");
  }

 private:
  pid_t m_pid;
};

// A jit-server with a store of its own, as it is without options, and its users, who may do everything and
// take turns.
class Server {
 public:
  explicit Server(const std::string& bin) : m_bin(bin), m_process(serve()), m_port(read_port()) {
    for (std::size_t i = 0; i < kUsers; ++i) m_tokens.push_back(make_token(i));
  }

  int port() const { return m_port; }
  const Process& process() const { return m_process; }

  std::string get(const std::string& path, const std::string& headers = "") const {
    return "GET " + path + " HTTP/1.1\r\n" + common_headers() + headers + "\r\n";
  }
  std::string get_when_changed(const std::string& id, const std::string& tag) const {
    return get("/v1/requests/" + id, "Prefer: wait=55\r\nIf-None-Match: " + tag + "\r\n");
  }
  std::string post(const std::string& path, const std::string& body) const {
    return "POST " + path + " HTTP/1.1\r\n" + common_headers() +
           "Idempotency-Key: " + std::to_string(m_turn) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string review(const std::string& id, const std::string& verdict) const {
    return post("/v1/requests/" + id + "/reviews", R"({"verdict":")" + verdict + R"(","message":"bench"})");
  }

  // What the next jit-run finds in its environment.
  void use() const {
    ::setenv("JIT_RUN_BACKEND", ("http://127.0.0.1:" + std::to_string(m_port)).c_str(), 1);
    ::setenv("JIT_RUN_TOKEN_FILE", token_file(++m_turn % kUsers).c_str(), 1);
    ::setenv("JIT_RUN_POLICIES", (m_scratch / "policy.yaml").c_str(), 1);
  }

  // Returns once so many clients wait in long polls.
  void await_waiting(std::size_t count) const {
    Connection connection(m_port);
    const std::string name = "\njit_http_waiting ";
    for (const double until = now_ms() + kPatience * 1000; now_ms() < until; ::usleep(50'000)) {
      const Answer answer = connection.ask(get("/metrics"));
      expect(200, answer);
      const std::size_t at = answer.body.find(name);
      if (at == std::string::npos) fail("the metric jit_http_waiting is not there");
      if (std::strtoul(answer.body.c_str() + at + name.size(), nullptr, 10) == count) return;
    }
    fail(std::to_string(count) + " clients should wait, and do not");
  }

 private:
  std::vector<std::string> command(std::initializer_list<std::string> words) const {
    std::vector<std::string> all = {m_bin + "/jit-server", "--store", m_scratch / "store", "--policies",
                                    m_scratch / "policy.yaml"};
    all.insert(all.end(), words);
    return all;
  }
  pid_t serve() const {
    write_file(m_scratch / "policy.yaml", kPolicy);
    // start() shuts stderr, where the server says where it listens.
    std::vector<std::string> words = {"sh", "-c", R"(exec "$@" 2>"$0")", m_scratch / "log"};
    for (const auto& word : command({"serve", "--listen", "http://127.0.0.1:0"})) words.push_back(word);
    return start(words);
  }
  int read_port() const {
    const std::string before = "listening on http://127.0.0.1:";
    for (const double until = now_ms() + kPatience * 1000; now_ms() < until; ::usleep(10'000)) {
      const std::string log = contents(m_scratch / "log");
      const std::size_t at = log.find(before);
      if (at != std::string::npos && log.ends_with('\n'))
        return static_cast<int>(std::strtol(log.c_str() + at + before.size(), nullptr, 10));
    }
    fail("jit-server does not start: " + contents(m_scratch / "log"));
  }

  std::string token_file(std::size_t user) const { return m_scratch / ("token-" + std::to_string(user)); }
  std::string make_token(std::size_t user) const {
    const auto words = command({"token", "create", "--user", "user" + std::to_string(user), "--scope",
                                "request,review,audit", "--expires", "1h"});
    if (finish(start(words, token_file(user).c_str())) != 0) fail("jit-server token create failed");
    const std::string token = contents(token_file(user));
    return token.substr(0, token.find('\n'));
  }
  std::string common_headers() const {
    return "Host: localhost\r\nAuthorization: Bearer " + m_tokens[++m_turn % kUsers] + "\r\n";
  }

  std::string m_bin;
  Scratch m_scratch;
  Process m_process;
  int m_port;
  std::vector<std::string> m_tokens;
  mutable std::size_t m_turn = 0;  // whose turn it is; also makes each Idempotency-Key another one
};

struct Request {
  std::string id, tag;
};

// The body with which jit-run itself would ask here: requests are as large as they are in earnest.
std::string usual_body(const std::string& bin, const Server& server) {
  const Scratch scratch;
  const std::string output = scratch / "id";
  server.use();
  if (finish(start({bin + "/jit-run", "--no-wait", "--quiet", "--", "true", "bench"}, output.c_str())) != 0)
    fail("jit-run --no-wait failed");
  const std::string id = contents(output).substr(0, 26);
  const Answer answer = Connection(server.port()).ask(server.get("/v1/requests/" + id));
  expect(200, answer);
  return json{{"context", json::parse(answer.body).at("context")}}.dump();
}

std::vector<Request> make_requests(const std::string& bin, const Server& server, std::size_t count) {
  const std::string body = usual_body(bin, server);
  const std::string before = "/v1/requests/";
  std::vector<Request> requests(count);
  drive(
      server.port(), kReviewers, count, [&](std::size_t) { return server.post("/v1/requests", body); },
      [&](std::size_t at, const Answer& answer) {
        expect(201, answer);
        requests[at] = {answer.header("Location").substr(before.size()), answer.header("ETag")};
      });
  return requests;
}

// Opens a long poll on each of them, again from the first when there are fewer. Returns when all wait.
void open_waiting(const Server& server, const std::vector<Request>& requests, std::size_t count,
                  Connections& waiting) {
  for (std::size_t i = 0; i < count; ++i) {
    const Request& request = requests[i % requests.size()];
    waiting.emplace_back(server.port()).send(server.get_when_changed(request.id, request.tag));
  }
  server.await_waiting(count);
}

// The request that a jit-run posts, as it tells on its --status-fd.
std::string asked_id(int fd) {
  const std::string key = "\"request\":\"";
  std::string text;
  char bytes[4096];
  while (text.find('\n') == std::string::npos) {
    const ssize_t count = ::read(fd, bytes, sizeof bytes);
    if (count <= 0) fail("jit-run did not ask");
    text.append(bytes, static_cast<std::size_t>(count));
  }
  const std::size_t at = text.find(key);
  if (at == std::string::npos) fail("jit-run did not ask: " + text);
  return text.substr(at + key.size(), 26);
}

// Milliseconds from the moment when an approval is sent to the moment when the command has started.
double decide(const std::string& bin, const Server& server, Connection& reviewer, const std::string& stamp) {
  const std::string stamper = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bench_stamp";
  int ends[2];
  if (::pipe(ends) != 0 || ::fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0) fail("no pipe");
  server.use();
  const pid_t pid =
      start({bin + "/jit-run", "--quiet", "--status-fd", std::to_string(ends[1]), "--", stamper, stamp});
  ::close(ends[1]);
  const std::string approval = server.review(asked_id(ends[0]), "approve");
  ::usleep(30'000);  // it waits by now
  const double sent = now_ms();
  expect(200, reviewer.ask(approval));
  if (finish(pid) != 0) fail("the command did not run");
  ::close(ends[0]);
  return std::strtod(contents(stamp).c_str(), nullptr) - sent;
}

std::vector<double> decide_often(const std::string& bin, const Server& server) {
  const Scratch scratch;
  Connection reviewer(server.port());
  std::vector<double> times;
  const double until = now_ms() + kRoundsTime;
  while (times.size() < kRounds && now_ms() < until)
    times.push_back(decide(bin, server, reviewer, scratch / "stamp"));
  return times;
}

// Alone first, and then while others wait.
void measure_decisions(const std::string& bin) {
  const Server server(bin);
  const auto alone = decide_often(bin, server);
  const auto requests = make_requests(bin, server, kOthers);
  Connections others;
  open_waiting(server, requests, kOthers, others);
  const auto among = decide_often(bin, server);
  if (!Readable(others).wait(0).empty()) fail("not all of the others waited to the end");

  const auto both = [&](const std::string& what, const std::vector<double>& times) {
    const auto against = [&](double share) { return percentile(times, share) / percentile(alone, share); };
    row(what + ", median", median(times), "ms", against(0.5), "alone", "(<= 10 ms)");
    row(what + ", p99", percentile(times, 0.99), "ms", against(0.99), "alone", "(<= 50 ms)");
  };
  both("approval sent -> command started", alone);
  both("the same, 5,000 others waiting", among);
}

void take_all(Connections& waiting) {
  const Readable readable(waiting);
  for (std::size_t done = 0; done < waiting.size();) {
    const auto ready = readable.wait(kPatience);
    if (ready.empty()) fail("only " + std::to_string(done) + " of those who waited were answered");
    for (const std::size_t at : ready) {
      const auto answer = waiting[at].take();
      if (!answer) continue;
      expect(200, *answer);
      ++done;
    }
  }
}

void measure_waiting(const std::string& bin) {
  const Server server(bin);
  const auto requests = make_requests(bin, server, 1);
  const long before = server.process().resident_kib();
  Connections waiting;
  open_waiting(server, requests, kWaiting, waiting);
  const double each = static_cast<double>(server.process().resident_kib() - before) / kWaiting;
  row("memory of each of 10,000 waiting clients", each, "KiB", each / 8, "8 KiB", "(<= 1)");

  Connection reviewer(server.port());
  const double sent = now_ms();
  reviewer.send(server.review(requests.front().id, "deny"));
  take_all(waiting);
  row("all 10,000 answered after one deny", now_ms() - sent, "ms", 1, "itself", "");
}

double raw_commits(const std::string& path, std::size_t count) {
  sqlite3* database = nullptr;
  if (::sqlite3_open(path.c_str(), &database) != SQLITE_OK) fail("no database: " + path);
  const auto run = [&](const char* sql) { ::sqlite3_exec(database, sql, nullptr, nullptr, nullptr); };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (x TEXT) STRICT;");
  const double before = now_ms();
  for (std::size_t i = 0; i < count; ++i) run("BEGIN IMMEDIATE; INSERT INTO t VALUES ('decided'); COMMIT");
  const double seconds = (now_ms() - before) / 1000;
  ::sqlite3_close(database);
  return static_cast<double>(count) / seconds;
}

// Approves each of them once. They take turns with the raw commits: a disk's pace changes from second to
// second.
void review_all(const std::string& what, const Server& server, const std::vector<Request>& requests) {
  constexpr std::size_t kParts = 5;
  const std::size_t each = requests.size() / kParts;
  std::vector<double> ours;
  std::vector<double> ratios;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Scratch scratch;
    const double raw = raw_commits(scratch / "raw.db", each);
    const double seconds = drive(
        server.port(), kReviewers, each,
        [&](std::size_t at) { return server.review(requests[part * each + at].id, "approve"); },
        [](std::size_t, const Answer& answer) { expect(200, answer); });
    ours.push_back(static_cast<double>(each) / seconds);
    ratios.push_back(ours.back() / raw);
  }
  row(what, median(ours), "1/s", median(ratios), "raw SQLite commits", "(>= 0.5)");
}

void measure_reviews(const std::string& bin) {
  const Server server(bin);
  review_all("durable reviews per second, 64 connections", server, make_requests(bin, server, kOthers));
  const auto awaited = make_requests(bin, server, kOthers);
  Connections waiting;
  open_waiting(server, awaited, kOthers, waiting);
  review_all("the same, each with a client that waits for it", server, awaited);
  take_all(waiting);
}

// nginx with one worker and this file. Not a process where it is not installed.
pid_t start_nginx(const Scratch& scratch, int port, const std::string& file) {
  write_file(scratch / "file", file);
  write_file(scratch / "nginx.conf",
             "daemon off; user root; worker_processes 1; pid " + (scratch / "pid") + ";\n" +
                 "events { worker_connections 512; }\n"
                 "http { access_log off; keepalive_requests 10000000; default_type application/json;\n"
                 "server { listen 127.0.0.1:" +
                 std::to_string(port) + "; root " + (scratch / "") + "; } }\n");
  return start({"nginx", "-p", scratch / "", "-e", scratch / "errors", "-c", scratch / "nginx.conf"});
}

double reads(int port, std::size_t count, const MakeRequest& request) {
  return static_cast<double>(count) / drive(port, kReaders, count, request,
                                            [](std::size_t, const Answer& answer) { expect(200, answer); });
}

void measure_reads(const std::string& bin) {
  const Server server(bin);
  const auto requests = make_requests(bin, server, 100);
  const auto get = [&](std::size_t i) {
    return server.get("/v1/requests/" + requests[i % requests.size()].id);
  };
  const std::string body = Connection(server.port()).ask(get(0)).body;
  const std::string what = "reads per second of " + std::to_string(body.size()) + " bytes, 32 connections";
  const Scratch scratch;
  const int port = free_port();
  const pid_t pid = start_nginx(scratch, port, body);
  const Process nginx(pid);
  for (int i = 0; pid > 0 && i < 500 && !Connection(port).is_open(); ++i) ::usleep(10'000);
  if (pid <= 0 || !Connection(port).is_open())
    return (void)std::printf("%-52s left out: nginx does not run here\n", what.c_str());
  std::vector<double> ours;
  std::vector<double> ratios;
  for (int part = 0; part < 5; ++part) {
    ours.push_back(reads(server.port(), 4000, get));
    const double theirs =
        reads(port, 40'000, [](std::size_t) { return "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n"; });
    ratios.push_back(ours.back() / theirs);
  }
  row(what, median(ours), "1/s", median(ratios), "nginx", "");
}

// This program's, and so those of the server that it starts.
bool raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return limit.rlim_max >= kDescriptors && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

struct Part {
  const char* name;
  void (*measure)(const std::string& bin);  // with a server of its own
};
constexpr std::array<Part, 4> kAll{{{"decisions", measure_decisions},
                                    {"reviews", measure_reviews},
                                    {"reads", measure_reads},
                                    {"waiting", measure_waiting}}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    return std::fprintf(stderr, "usage: server BIN-DIRECTORY [decisions|reviews|reads|waiting]...\n"), 125;
  const std::string bin = std::filesystem::absolute(argv[1]);
  const std::set<std::string> wanted(argv + 2, argv + argc);
  if (!raise_descriptors())
    return std::fprintf(stderr, "server: needs 11,000 descriptors (ulimit -Hn)\n"), 125;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a row is there as soon as it is measured
  const Scratch scratch;
  use_home(scratch / "home");
  // Outside of any repository: what git tells takes as long as that repository is large.
  std::filesystem::current_path(scratch / "home");
  try {
    for (const Part& part : kAll) {
      if (wanted.empty() || wanted.contains(part.name)) part.measure(bin);
    }
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "server: %s\n", error.what()), 1;
  }
}

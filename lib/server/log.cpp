#include "server/log.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/time.hpp"

namespace jit::server {
namespace {

// The journal writes down when a line came, a terminal or a file does not. Whether stderr is the journal's is
// told as systemd.exec(5) describes.
bool is_journal() {
  const char* told = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)
  struct stat status {};
  if (told == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return told == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::string text_of(Log::Level level, const std::string& what, const Log::Fields& fields) {
  std::string line = level == Log::Level::warning ? "warning: " + what : what;
  for (const auto& [name, value] : fields) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->empty()) continue;
    line += std::string(" ") + name + "=" +
            (text != nullptr ? util::shell_quote(*text) : std::to_string(std::get<std::int64_t>(value)));
  }
  static const bool kHasClock = is_journal();
  return (kHasClock ? "" : util::to_rfc3339(util::wall_clock()) + " ") + "jit-server: " + util::visible(line);
}

std::string json_of(Log::Level level, const std::string& what, const Log::Fields& fields) {
  auto line = nlohmann::ordered_json::object();
  line["at"] = util::to_rfc3339(util::wall_clock());
  line["level"] = level == Log::Level::info ? "info" : "warning";
  line["message"] = util::visible(what);
  for (const auto& [name, value] : fields) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      line[name] = *number;
    } else if (const auto& text = std::get<std::string>(value); !text.empty()) {
      line[name] = util::visible(text);
    }
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Log::write(Level level, const std::string& what, const Fields& fields) const {
  // In one write: lines of two threads do not mix.
  const bool as_text = m_format == Format::text;
  const std::string line = as_text ? text_of(level, what, fields) : json_of(level, what, fields);
  // Who does not read what is said must not hold up those who are served.
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0) return;
  constexpr std::size_t kLongest = 4000;  // less than a pipe that is ready takes at once (PIPE_BUF)
  (void)util::write_all(STDERR_FILENO, line.substr(0, kLongest) + "\n");
}

}  // namespace jit::server

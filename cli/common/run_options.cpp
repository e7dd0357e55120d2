#include "cli/common/run_options.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::cli {
namespace {

constexpr const char* kTryHelp =
    "jit-run --help lists the options; the first word that is not one starts the command";

enum LongOption : int {
  help = 256,
  version,
  wait,
  no_wait,
  request,
  retry_changed,
  break_glass,
  bind_stdin,
  explain,
  status_fd,
  config,
  setting
};

constexpr std::array<struct option, 27> kLongOptions{{
    {"help", no_argument, nullptr, help},
    {"version", no_argument, nullptr, version},
    {"reason", required_argument, nullptr, 'r'},
    {"ticket", required_argument, nullptr, 't'},
    {"label", required_argument, nullptr, 'l'},
    {"wait", required_argument, nullptr, wait},
    {"no-wait", no_argument, nullptr, no_wait},
    {"request", required_argument, nullptr, request},
    {"retry-changed", no_argument, nullptr, retry_changed},
    {"break-glass", no_argument, nullptr, break_glass},
    {"bind-stdin", no_argument, nullptr, bind_stdin},
    {"explain", no_argument, nullptr, explain},
    {"status-fd", required_argument, nullptr, status_fd},
    {"config", required_argument, nullptr, config},
    // The settings, each spelled as in a configuration file, with '-' for '_'.
    {"backend", required_argument, nullptr, setting},
    {"policies", required_argument, nullptr, setting},
    {"default", required_argument, nullptr, setting},
    {"audit", required_argument, nullptr, setting},
    {"token-file", required_argument, nullptr, setting},
    {"ca-file", required_argument, nullptr, setting},
    {"client-cert", required_argument, nullptr, setting},
    {"client-key", required_argument, nullptr, setting},
    {"helper-path", required_argument, nullptr, setting},
    {"signing-key", required_argument, nullptr, setting},
    {"quiet", no_argument, nullptr, setting},
    {"color", required_argument, nullptr, setting},
    {nullptr, 0, nullptr, 0},
}};

// Text that will be shown to people and kept in documents: both want UTF-8.
std::string text_of(const char* option, const char* value) {
  if (!util::is_utf8(value)) throw util::UsageError(std::string(option) + ": not UTF-8");
  return value;
}

void add_label(std::map<std::string, std::string>& labels, const std::string& word) {
  constexpr std::string_view kKeyCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  if (equals == std::string::npos || key.empty() ||
      key.find_first_not_of(kKeyCharacters) != std::string::npos) {
    throw util::UsageError("--label: must be KEY=VALUE, not \"" + word + "\"",
                           "a key is made of letters, digits, '_', '.' and '-'");
  }
  const auto [label, is_new] = labels.emplace(key, word.substr(equals + 1));
  if (!is_new && label->second != word.substr(equals + 1)) {
    throw util::UsageError("--label: \"" + key + "\" is given twice, with different values");
  }
}

util::Millis duration_of(const char* word) {
  const auto duration = util::parse_duration(word);
  if (!duration)
    throw util::UsageError("--wait: not a duration: \"" + std::string(word) + "\"",
                           "such as 90s, 15m or 1h30m");
  return *duration;
}

int descriptor_of(std::string_view word) {
  int fd = -1;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), fd);
  if (error != std::errc{} || end != word.data() + word.size() || fd < 0) {
    throw util::UsageError("--status-fd: not a descriptor: \"" + std::string(word) + "\"",
                           "a number, such as 3");
  }
  return fd;
}

// What getopt could not read, in words. `word` is where it stood, `option` its character or our number.
[[noreturn]] void refuse(const std::string& word, int option, bool lacks_value) {
  if (lacks_value) throw util::UsageError(word + ": needs a value", kTryHelp);
  if (!word.starts_with("--")) {
    throw util::UsageError("unknown option -" + std::string(1, static_cast<char>(option)), kTryHelp);
  }
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  std::vector<std::string> continued;
  for (const auto& long_option : kLongOptions) {
    if (long_option.name == nullptr) break;
    known.push_back("--" + std::string(long_option.name));
    if (known.back().starts_with(name)) continued.push_back(known.back());
  }
  if (option != 0) throw util::UsageError(name + ": takes no value", kTryHelp);
  if (continued.size() > 1) {
    throw util::UsageError(name + ": could be " + util::join(continued, " or "), kTryHelp);
  }
  throw util::UsageError("unknown option " + name + util::did_you_mean(name, known), kTryHelp);
}

// One run of getopt over the command line.
class Parser {
 public:
  Parser(int argc, char** argv) : m_argc(argc), m_argv(argv) {}

  RunOptions parse() {
    ::optind = 0;  // glibc: start anew
    ::opterr = 0;
    int index = 0;
    // '+': stop at the first word that is not an option. ':': tell a missing value from an unknown option.
    while (true) {
      const int found = ::getopt_long(m_argc, m_argv, "+:c:r:t:l:", kLongOptions.data(), &index);
      if (found == -1) break;
      take(found, index);
    }
    m_options.argv.assign(m_argv + std::min(::optind, m_argc), m_argv + m_argc);
    finish();
    return std::move(m_options);
  }

 private:
  void take(int found, int index) {
    switch (found) {
      case 'c':
        m_shell_text = ::optarg;
        break;
      case 'r':
        m_options.reason = text_of("--reason", ::optarg);
        break;
      case 't':
        m_options.ticket = text_of("--ticket", ::optarg);
        break;
      case 'l':
        add_label(m_options.labels, text_of("--label", ::optarg));
        break;
      case help:
        m_options.help = true;
        break;
      case version:
        m_options.version = true;
        break;
      case wait:
        m_options.wait = duration_of(::optarg);
        break;
      case no_wait:
        m_options.no_wait = true;
        break;
      case request:
        m_options.request = text_of("--request", ::optarg);
        break;
      case retry_changed:
        m_options.retry_changed = true;
        break;
      case break_glass:
        m_options.break_glass = true;
        break;
      case bind_stdin:
        m_options.bind_stdin = true;
        break;
      case explain:
        m_options.explain = true;
        break;
      case status_fd:
        m_options.status_fd = descriptor_of(::optarg);
        break;
      case config:
        m_options.sources.config_file = ::optarg;
        break;
      case setting:
        set(kLongOptions[static_cast<std::size_t>(index)].name, ::optarg != nullptr ? ::optarg : "true");
        break;
      default:
        refuse(m_argv[::optind - 1], ::optopt, found == ':');
    }
  }

  void set(std::string key, const char* value) {
    std::replace(key.begin(), key.end(), '-', '_');
    m_options.sources.flags[key] = value;
  }

  void finish() {
    if (m_options.help || m_options.version) return;
    if (m_shell_text) {
      if (!m_options.argv.empty()) {
        throw util::UsageError(
            "-c takes its shell text and nothing after it, not \"" + m_options.argv.front() + "\"",
            "put the whole text in quotes: jit-run -c 'text'");
      }
      m_options.argv = {"/bin/sh", "-c", *m_shell_text};
    }
    if (m_options.argv.empty()) {
      throw util::UsageError("no command",
                             "jit-run [options] [--] command [args...]; jit-run --help tells more");
    }
    if (m_options.no_wait && m_options.request) {
      throw util::UsageError("--no-wait and --request exclude each other",
                             "--no-wait posts a new request; --request waits for an earlier one");
    }
    if (m_options.no_wait && m_options.retry_changed) {
      throw util::UsageError("--no-wait and --retry-changed exclude each other",
                             "whoever does not wait does not see what changed");
    }
    if (m_options.break_glass && (m_options.no_wait || m_options.request || m_options.wait)) {
      throw util::UsageError(
          "--break-glass waits for nothing: it does not go with --wait, --no-wait or --request",
          "jit-run --break-glass --reason TEXT -- command");
    }
    if (m_options.break_glass && m_options.reason.find_first_not_of(" \t\n") == std::string::npos) {
      throw util::UsageError("--break-glass needs a reason: who reviews it afterwards will read it",
                             "add --reason TEXT");
    }
    if (m_options.explain && (m_options.no_wait || m_options.request)) {
      throw util::UsageError("--explain asks nobody: it does not go with --no-wait or --request");
    }
  }

  int m_argc;
  char** m_argv;
  RunOptions m_options;
  std::optional<std::string> m_shell_text;
};

}  // namespace

RunOptions parse_run_options(int argc, char** argv) {
  return Parser(argc, argv).parse();
}

const char* run_help() {
  return "usage: jit-run [options] [--] command [args...]\n"
         "       jit-run [options] -c 'shell text'\n"
         "\n"
         "Asks for approval where a policy wants it, waits, and then runs exactly what was\n"
         "approved, or nothing.\n"
         "The first word that is not an option starts the command.\n"
         "\n"
         "  -c TEXT                run exactly /bin/sh -c TEXT\n"
         "  -r, --reason TEXT      why, for the approvers\n"
         "  -t, --ticket ID        the ticket that this belongs to\n"
         "  -l, --label KEY=VALUE  a label for the rules and the approvers (repeatable)\n"
         "      --wait DURATION    wait at most this long (90s, 15m); never longer\n"
         "                         than the rule allows\n"
         "      --no-wait          post the request, print its id, run nothing\n"
         "      --request ID       go on with an earlier request of this same command\n"
         "      --retry-changed    when what would run has changed since it was approved,\n"
         "                         ask anew, and show the approvers what differs\n"
         "      --break-glass      run now, be reviewed afterwards: with --reason, where\n"
         "                         a rule permits it\n"
         "      --bind-stdin       let standard input be a part of what is approved, also\n"
         "                         where no policy here says so\n"
         "      --explain          print verdict, context and settings; run nothing\n"
         "      --backend URL      where requests are posted: local, local:DIRECTORY, ...\n"
         "      --policies PATH    a policy file, or a directory of them\n"
         "      --config FILE      read this instead of the user's configuration\n"
         "      --quiet            say nothing while all goes well\n"
         "      --color WHEN       auto, always or never\n"
         "      --status-fd N      write one JSON object a line to descriptor N\n"
         "      --help, --version\n"
         "Every setting of a configuration file is an option too: token_file is\n"
         "--token-file.\n"
         "\n"
         "Exit codes: the command's own; 113 denied, 114 expired, 115 withdrawn,\n"
         "116 changed since it was approved, 117 the backend or the store failed,\n"
         "125 usage, configuration or policy error, 126 cannot be run, 127 not found.\n";
}

}  // namespace jit::cli

// jit-audit: for the auditor. Reads, verifies and exports the trail of an embedded store, and plays what was
// recorded; never changes anything.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "audit/csv.hpp"
#include "audit/line.hpp"
#include "audit/since.hpp"
#include "backend/backend.hpp"
#include "cli/audit/commands.hpp"
#include "cli/common/common.hpp"
#include "cli/common/parse.hpp"
#include "service/trail_signatures.hpp"
#include "signature/allowed_signers.hpp"
#include "store/sqlite_store.hpp"
#include "store/verify.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace {

using namespace jit;
using cli::audit::open_store;
using util::Json;

constexpr int kNotIntact = 1;

using Options = cli::audit::Options;

/// Standard output, a piece at a time: a trail can be long.
class Output {
 public:
  void write(const std::string& text) {
    m_pending += text;
    if (m_pending.size() >= kPiece) flush();
  }
  void flush() {
    if (!util::write_all(STDOUT_FILENO, m_pending)) throw util::SystemError(errno, "writing to stdout");
    m_pending.clear();
  }

 private:
  static constexpr std::size_t kPiece = 1U << 16U;
  std::string m_pending;
};

int log(const Options& options) {
  const auto store = open_store(options);
  store::AuditFilter filter{std::nullopt, options.user, options.request};
  if (!options.since.empty()) {
    filter.since = audit::parse_since(options.since, store->now());
    if (!filter.since) {
      throw util::UsageError("--since: \"" + options.since + "\" is no time",
                             "write 2026-11-22T10:14:00Z, 2026-11-22, or 2h for the last two hours");
    }
  }
  Output output;
  if (options.json) output.write("[");
  const char* separator = "\n";
  store->read_audit(filter, [&](const audit::Entry& entry) {
    output.write(options.json ? separator + audit::to_export_line(entry) : audit::to_log_line(entry) + "\n");
    separator = ",\n";
    return true;
  });
  if (options.json) output.write("\n]\n");
  output.flush();
  const bool none = separator[0] == '\n';
  if (none && !options.request.empty())
    cli::say("jit-audit", "no entries of a request " + options.request +
                              (options.since.empty() ? "" : " since " + options.since));
  if (none && !options.user.empty())
    cli::say("jit-audit", "no entries of a user " + options.user +
                              (options.since.empty() ? "" : " since " + options.since));
  return EXIT_SUCCESS;
}

store::Verification verify_file(const std::string& path, const std::optional<std::string>& head,
                                const store::AlsoCheck& also) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& lines = path == "-" ? std::cin : file;
  if (!lines) {
    throw util::UsageError("cannot read " + util::visible(path),
                           "name a file that jit-audit export --format jsonl has written");
  }
  const auto result = store::verify(
      [&]() -> std::optional<audit::Entry> {
        std::string line;
        if (!std::getline(lines, line)) return std::nullopt;
        return audit::from_export_line(line);
      },
      head, also);
  if (!lines.bad() && result.intact == 0 && !result.problem)
    throw util::Error(util::visible(path) + " holds no entries: nothing is verified", "did the export fail?");
  if (lines.bad()) throw util::SystemError(errno, util::visible(path));
  return result;
}

// A typing mistake is no sign of tampering.
void require_hash(const std::string& head) {
  if (head.size() == 64 && head.find_first_not_of("0123456789abcdef") == std::string::npos) return;
  throw util::UsageError("--head: \"" + util::visible(head) + "\" is no hash of an entry",
                         "64 hexadecimal digits in lower case, as jit-audit verify prints them");
}

int verify(const Options& options) {
  if (options.head) require_hash(*options.head);
  std::optional<service::TrailSignatures> signatures;
  store::AlsoCheck also;
  if (!options.signers.empty()) {
    signatures.emplace(signature::Authority{signature::load_allowed_signers(options.signers), ""});
    also = [&](const Json& entry) { return signatures->follow(entry); };
  }
  const auto result = options.from.empty() ? store::verify(*open_store(options), options.head, also)
                                           : verify_file(options.from, options.head, also);
  Output output;
  if (options.json) {
    output.write(util::pretty_json({{"intact", !result.problem},
                                    {"entries", result.intact},
                                    {"head", result.head},
                                    {"signatures", signatures ? Json(signatures->valid()) : Json()},
                                    {"problem", result.problem ? Json(*result.problem) : Json()}}) +
                 "\n");
  } else if (!result.problem) {
    output.write(std::to_string(result.intact) + " entries intact, " +
                 (signatures
                      ? util::counted(static_cast<std::size_t>(signatures->valid()), "signature") + " valid, "
                      : "") +
                 "head " + result.head + "\n");
  }
  output.flush();
  if (!result.problem) return EXIT_SUCCESS;
  cli::say("jit-audit", "not intact: " + *result.problem);
  cli::say("jit-audit", std::to_string(result.intact) + " entries before it are intact, head " + result.head);
  return kNotIntact;
}

int export_trail(const Options& options) {
  const auto store = open_store(options);
  const bool csv = options.format == "csv";
  Output output;
  if (csv) output.write(audit::csv_header());
  store->read_audit({}, [&](const audit::Entry& entry) {
    output.write(csv ? audit::csv_record(entry) : audit::to_export_line(entry) + "\n");
    return true;
  });
  output.flush();
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Read, verify and export the audit trail, and replay sessions.", "jit-audit"};
  app.set_version_flag("--version", std::string("jit-audit ") + JIT_VERSION);
  app.require_subcommand(1)->fallthrough();
  app.add_flag("--json", options.json, "print JSON");
  app.add_option("--config", options.sources.config_file, "read this file instead of your own");
  for (const char* key : {"backend", "color"}) {
    const auto take = [&options, key](const std::string& value) { options.sources.flags[key] = value; };
    app.add_option_function<std::string>(std::string("--") + key, take, std::string("the setting ") + key);
  }
  auto* logging = app.add_subcommand("log", "print the entries, oldest first");
  logging->add_option("--since", options.since, "only from this time, day, or duration before now on");
  logging->add_option("--user", options.user, "only what this user did");
  logging->add_option("--request", options.request, "only this request (or prefix of its id)");
  auto* verifying = app.add_subcommand("verify", "check that no entry was changed, dropped or added");
  verifying->add_option("--from", options.from, "check an exported file instead of the store (- is stdin)");
  verifying->add_option("--signers", options.signers,
                        "check the signatures of approvals, too, by this allowed_signers file");
  verifying->add_option("--head", options.head, "a hash noted earlier, which must still be in the chain");
  auto* exporting = app.add_subcommand("export", "print the whole trail");
  exporting->add_option("--format", options.format, "jsonl or csv")
      ->required()
      ->check(CLI::IsMember({"jsonl", "csv"}));
  auto* replaying = app.add_subcommand("replay", "play the recording of a session");
  replaying->add_option("request", options.request, "the request, or a prefix of its id");
  replaying->add_option("--use", options.use, "which of its uses, where there were several");
  replaying->add_option("--speed", options.speed, "so many times as fast");
  replaying->add_option("--idle-limit", options.idle_limit,
                        "wait at most so many seconds for what comes next");
  replaying->add_option("--from", options.from, "play a file (- is stdin) in place of the store");
  replaying->add_option("--output", options.output, "write the asciicast to this new file, play nothing");
  replaying->add_flag("--raw", options.raw, "write the asciicast to stdout, also on a terminal");
  if (!cli::parse(app, argc, argv)) return EXIT_SUCCESS;
  if (logging->parsed()) return log(options);
  if (replaying->parsed()) return cli::audit::replay(options);
  return verifying->parsed() ? verify(options) : export_trail(options);
}

}  // namespace

namespace jit::cli::audit {

std::unique_ptr<store::Store> open_store(const Options& options) {
  const auto settings = config::load(options.sources);
  const std::string backend = settings.find("backend").value_or("local");
  const auto directory = backend::local_directory(backend, settings.state_directory);
  if (!directory) {
    throw util::UsageError("the trail of " + util::visible(backend) + " is not on this machine",
                           "run jit-audit where the store is, with --backend local:DIRECTORY");
  }
  return store::open_sqlite(*directory, store::Access::read_only);
}

}  // namespace jit::cli::audit

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-audit", [&] { return run(argc, argv); });
}

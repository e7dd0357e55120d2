#include "gate/previews.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "context/key_lines.hpp"
#include "context/operand_files.hpp"
#include "context/program.hpp"
#include "context/redact.hpp"
#include "gate/gate.hpp"
#include "policy/preview.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/subprocess.hpp"
#include "util/text.hpp"

namespace jit::gate {
namespace {

using policy::Preview;
using util::Captured;
using util::Json;
using util::Millis;

// Of all previews together: what nobody reads is no evidence.
constexpr std::size_t kMostOutput = 256U << 10U;
// As a part of a document: what has to be spelled out takes more.
constexpr std::size_t kMostEncoded = 512U << 10U;
constexpr Millis kInAnEmergency{5000};
constexpr std::size_t kTold = 20;  // lines of a failed one's output that are said
constexpr const char* kHowToShorten =
    "let it say less, or show a summary of it (jit-run-policy(5), PREVIEWS)";

// Why a preview could not be made.
struct Failure {
  std::string why, hint;
  bool late = false;
};

std::string here() {
  std::array<char, PATH_MAX> buffer{};
  return ::getcwd(buffer.data(), buffer.size()) != nullptr && buffer[0] == '/' ? buffer.data() : "";
}

// The program becomes a part of the entry. Its path is empty where there is none.
std::string find_program(const Preview& preview, context::FileHashes& hashes, Json& entry) {
  const char* path = ::getenv("PATH");
  const auto program = context::find_program(
      preview.argv.front(), path == nullptr ? std::nullopt : std::optional<std::string>(path), here());
  if (program.path.empty()) return "";
  entry["path"] = util::escape_invalid_utf8(program.path);
  const auto hash = hashes.hash(program.path, context::kMaxExecutableBytes);
  if (hash.sha256) {
    entry["sha256"] = *hash.sha256;
  } else {
    entry["stamp"] = hash.stamp;
  }
  return program.path;
}

// As text that can be kept: what it looks like is what people are shown later.
std::string kept_text(const std::string& bytes) {
  std::string text;
  for (const char byte : util::escape_invalid_utf8(bytes)) {
    if (byte == '\0') {
      text += "\\x00";
    } else {
      text += byte;
    }
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& output) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < output.size()) {
    const auto end = std::min(output.find('\n', start), output.size());
    lines.push_back(output.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

void put_lines(const Preview& preview, const std::string& output, const std::string& secret_key,
               Json& entry) {
  policy::Ignored ignored(preview);
  const auto lines = lines_of(output);
  const auto shown = context::without_keys(lines);
  std::string hidden;  // the lines that count and do not stand there as they were
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string& line = lines[at];
    const std::string text = kept_text(context::redact_variable("", shown[at]).text);
    if (ignored.ignores(text)) {
      entry["ignored"].push_back({{"after", entry["lines"].size()}, {"line", text}});
      continue;
    }
    if (text != line) hidden += std::to_string(entry["lines"].size()) + ":" + line + "\n";
    entry["lines"].push_back(text);
  }
  if (!hidden.empty())
    entry["fingerprint"] = util::hmac_sha256(secret_key, "preview " + preview.rule + "\n" + hidden);
}

std::optional<Failure> failure_of(const Captured& captured, const Preview& preview, Millis timeout) {
  switch (captured.end) {
    case Captured::End::late:
      return Failure{"it took longer than " + util::to_text(timeout), "", true};
    case Captured::End::too_large:
      return Failure{"it is larger than 256 KiB, and could not be shown whole", kHowToShorten};
    case Captured::End::interrupted:
      throw util::Error("interrupted while the preview of rule " + preview.rule + " was made");
    case Captured::End::signalled:
      return Failure{"it was ended by signal " + std::to_string(captured.code), ""};
    case Captured::End::exited:
      break;
  }
  if (std::find(preview.exits.begin(), preview.exits.end(), captured.code) == preview.exits.end())
    return Failure{"exit code " + std::to_string(captured.code), ""};
  return std::nullopt;
}

class Maker {
 public:
  Maker(const PreviewTools& tools, Unmade unmade) : m_tools(tools), m_unmade(unmade) {}

  Json make(const Preview& preview) {
    Json entry = {{"rule", preview.rule},    {"argv", preview.argv}, {"path", nullptr},
                  {"sha256", nullptr},       {"exit", nullptr},      {"lines", Json::array()},
                  {"ignored", Json::array()}};
    const auto failure = preview.why.empty() ? run(preview, entry) : Failure{preview.why, ""};
    if (failure) settle(preview, *failure, entry);
    return entry;
  }

 private:
  std::optional<Failure> run(const Preview& preview, Json& entry) {
    const std::string program = find_program(preview, m_tools.hashes, entry);
    if (program.empty()) return Failure{"there is no program " + preview.argv.front(), ""};
    if (!m_tools.quiet && m_unmade != Unmade::differs)
      say("making the preview of rule " + preview.rule + ": " + util::shell_line(preview.argv));
    const Millis timeout =
        m_unmade == Unmade::is_told ? std::min(preview.timeout, kInAnEmergency) : preview.timeout;
    Captured captured;
    try {
      captured = util::capture(program, preview.argv, timeout, kMostOutput - m_output, m_tools.signals.fd());
    } catch (const util::SystemError& error) {
      return Failure{error.what(), ""};
    }
    const auto failure = failure_of(captured, preview, timeout);
    if (captured.end == Captured::End::exited) entry["exit"] = captured.code;
    if (captured.end == Captured::End::too_large) return failure;
    m_output += captured.output.size();
    put_lines(preview, captured.output, m_tools.secret_key, entry);
    m_encoded += util::compact_json(entry).size();
    if (m_encoded > kMostEncoded) {
      entry["lines"] = entry["ignored"] = Json::array();
      return Failure{"it is too large to be shown whole", kHowToShorten};
    }
    return failure;
  }

  void settle(const Preview& preview, const Failure& failure, Json& entry) const {
    const std::string what = "the preview of rule " + preview.rule + " could not be made: " + failure.why;
    entry["why"] = failure.why;
    switch (m_unmade) {
      case Unmade::ends:
        say_output(entry["lines"]);
        throw util::UsageError(what, failure.hint);
      case Unmade::differs:
        if (failure.late) throw util::Error(what);
        return;
      case Unmade::is_told:
        say(what);
        return;
    }
  }

  static void say_output(const Json& lines) {
    if (lines.size() > kTold) say("  … " + std::to_string(lines.size() - kTold) + " lines before these");
    for (std::size_t at = lines.size() > kTold ? lines.size() - kTold : 0; at < lines.size(); ++at)
      say("  | " + lines[at].get<std::string>());
  }

  const PreviewTools& m_tools;
  Unmade m_unmade;
  std::size_t m_output = 0, m_encoded = 0;  // of all so far
};

}  // namespace

Json make_previews(const std::vector<Preview>& previews, const PreviewTools& tools, Unmade unmade) {
  Maker maker(tools, unmade);
  Json entries = Json::array();
  for (const auto& preview : previews) {
    if (tools.signals.caught()) throw util::Error("interrupted before the preview was made");
    entries.push_back(maker.make(preview));
  }
  return entries;
}

}  // namespace jit::gate

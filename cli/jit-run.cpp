// jit-run, the fast door: what the policies simply allow runs at once. It is linked statically and does only
// what needs no other program, no name service and no store. It can only say yes: for every other answer, and
// for every doubt, it becomes jit-gate, with the same arguments and the same environment.
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "approval/permit.hpp"
#include "cli/common/common.hpp"
#include "cli/common/run_options.hpp"
#include "config/settings.hpp"
#include "context/collector.hpp"
#include "run/exec.hpp"
#include "run/status_stream.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/subprocess.hpp"

namespace {

using namespace jit;

constexpr const char* kProgram = "jit-run";

[[noreturn]] void hand_over(char** argv) {
  const std::string gate = util::libexec_directory() + "/jit-gate";
  ::execve(gate.c_str(), argv, environ);
  throw util::SystemError(errno, gate, "is jit-run installed completely? this is the part that asks");
}

int print(const std::string& text) {
  if (!util::write_all(STDOUT_FILENO, text)) throw util::SystemError(errno, "stdout");
  return 0;
}

// The settings, where this program may decide by them; nullopt where jit-gate must.
std::optional<config::Settings> settings_for_here(const cli::RunOptions& options) {
  if (options.explain || options.no_wait || options.request) return std::nullopt;
  auto settings = config::load_without_names(options.sources);
  if (!settings || settings->find("audit") != "asked") return std::nullopt;
  return settings;
}

// What may run here, at once: the proof, and the file that was judged.
struct Allowed {
  approval::Permit permit;
  context::Program program;
};

// Set where the policies allow by what can be known here; nullopt for every other verdict, and for every
// doubt.
std::optional<Allowed> allowed_here(const cli::RunOptions& options, const config::Settings& settings) {
  const auto path = cli::policies_path(settings);
  if (!path) return std::nullopt;
  const auto policies = policy::Set::load_cached(*path, cli::cache_of(settings));
  if (!policies) return std::nullopt;
  context::Collector collector({options.argv, options.labels}, policies->command_specs(), policies->env());
  const policy::Verdict verdict = cli::judge(*policies, collector, cli::fallback_of(settings));
  const auto permit = approval::Permit::from_verdict(verdict);
  if (!permit || collector.deferred()) return std::nullopt;

  context::Program program = cli::find_program_here(options.argv.front());
  const util::Json* judged = collector.find("command.path");
  const bool found = judged != nullptr && judged->is_string();
  if (found && *judged != program.path) return std::nullopt;
  return Allowed{*permit, std::move(program)};
}

int run_command(const Allowed& allowed, const cli::RunOptions& options, run::StatusStream& status) {
  int error = allowed.program.error;
  if (error == 0) {
    status.event("allowed");
    status.event("exec");
    error = run::exec(allowed.permit, allowed.program.path, options.argv);
  }
  cli::say(kProgram, util::SystemError(error, options.argv.front()).what());
  return run::exit_code_of(error);
}

int jit_run(int argc, char** argv) {
  // A setuid jit-run would read another user's files with powers that nobody meant to give.
  if (::getauxval(AT_SECURE) != 0) throw util::UsageError("must not be setuid or setgid");
  util::reserve_standard_descriptors();
  const cli::RunOptions options = cli::parse_run_options(argc, argv);
  if (options.help) return print(cli::run_help());
  if (options.version) return print("jit-run " JIT_VERSION "\n");

  const auto settings = settings_for_here(options);
  if (!settings) hand_over(argv);
  const auto allowed = allowed_here(options, *settings);
  if (!allowed) hand_over(argv);
  run::StatusStream status(options.status_fd);
  for (const auto& notice : settings->notices) cli::say(kProgram, notice);
  return run_command(*allowed, options, status);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::guarded(kProgram, [&] { return jit_run(argc, argv); });
}

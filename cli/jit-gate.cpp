// jit-gate: what jit-run becomes when a command is not simply allowed. It decides nothing itself: it collects
// the context, lets the policies judge it, asks the backend, waits, and turns into the command when it holds
// a permit.
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "approval/binding.hpp"
#include "approval/quorum.hpp"
#include "backend/backend.hpp"
#include "backend/identity.hpp"
#include "cli/common/common.hpp"
#include "cli/common/notifier.hpp"
#include "cli/common/run_options.hpp"
#include "cli/common/warnings.hpp"
#include "config/settings.hpp"
#include "context/collector.hpp"
#include "context/file_hashes.hpp"
#include "context/program.hpp"
#include "gate/gate.hpp"
#include "gate/previews.hpp"
#include "gate/recorded.hpp"
#include "policy/denied_by_warnings.hpp"
#include "policy/systems.hpp"
#include "run/bound_input.hpp"
#include "run/exec.hpp"
#include "run/status_stream.hpp"
#include "service/reach.hpp"
#include "store/place.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace {

using namespace jit;

constexpr const char* kProgram = "jit-run";

// Everything that one run is about, in the order in which it comes to be known.
struct Run {
  cli::RunOptions options;
  config::Settings settings;
  policy::Set policies;
  std::string secret_key;
  run::StatusStream status;
  std::optional<context::Collection> collection{std::in_place};
  std::shared_ptr<const util::Json> input{};    // what is bound of standard input
  std::unique_ptr<backend::Backend> backend{};  // where it was asked for

  context::FullCollector collector() {
    if (!collection->ask_warnings())
      collection->use(cli::ask_warnings(policies, std::make_shared<live::Probe>()));
    return {{options.argv, options.labels, input},
            policies.command_specs(),
            policies.env(),
            secret_key,
            *collection,
            [this](context::Source& context) { return activity(context); }};
  }
  util::Json activity(context::Source& context);
  std::shared_ptr<const util::Json> collect() {
    auto all = collector();
    return keep(all.whole());
  }
  std::shared_ptr<const util::Json> keep(const util::Json& context) {
    judged = std::make_shared<const util::Json>(context);
    return judged;
  }
  std::shared_ptr<const util::Json> judged{};    // the last that was: what a permit is for
  std::optional<approval::RequestId> claimed{};  // that is about to start
};

// What may run, or the exit code of a run that does not happen.
using Decision = std::variant<gate::Granted, int>;

// Whom the policies name is told by another program.
void tell(const config::Settings& settings) {
  const auto policies = cli::policies_path(settings);
  const auto directory =
      backend::local_directory(settings.find("backend").value_or("local"), settings.state_directory);
  if (policies && directory) cli::start_notifier(*directory, *policies);
}

std::unique_ptr<backend::Backend> open_backend(const Run& run) {
  backend::Attention attention;
  if (!run.settings.is_true("quiet")) attention.trouble = gate::say;
  return backend::open({run.settings.find("backend").value_or("local"), run.settings.state_directory,
                        &run.policies, cli::fallback_of(run.settings),
                        run.settings.find("helper_path").value_or(""), cli::helper_settings(run.settings),
                        std::move(attention), [&run] { tell(run.settings); }});
}

bool is_local(const Run& run) {
  return backend::local_directory(run.settings.find("backend").value_or("local"),
                                  run.settings.state_directory)
      .has_value();
}

// Rules that read it are judged here by what the embedded store has; what a server has, it judges itself.
util::Json Run::activity(context::Source& context) {
  if (!is_local(*this)) return {{"why", "the backend knows it, and decides by it"}};
  if (!backend) backend = open_backend(*this);
  if (!claimed && options.request) {
    const auto found = backend->find(*options.request);
    if (const auto* id = std::get_if<approval::RequestId>(&found)) claimed = *id;
  }
  return *backend->activity(context, claimed);
}

int cannot_run(const std::string& name, int error) {
  cli::say(kProgram, util::SystemError(error, name).what());
  return run::exit_code_of(error);
}

int explain(Run& run, context::Source& collected, policy::Verdict verdict) {
  if (verdict.effect != policy::Effect::ask) policy::add_systems(run.policies, collected, verdict);
  const util::Json answer = {
      {"effect", policy::to_text(verdict.effect)},
      {"rules", verdict.rules},
      {"requirement", policy::to_json(verdict.requirement)},
      {"message", verdict.message.empty() ? util::Json() : util::Json(verdict.message)},
      {"context", *approval::labelled(*run.collect(), verdict)},
      {"settings", config::to_json(run.settings)}};
  const std::string text = util::pretty_json(answer) + "\n";
  if (!util::write_all(STDOUT_FILENO, text)) throw util::SystemError(errno, "stdout");
  return 0;
}

Decision denied(Run& run, const policy::Verdict& verdict) {
  return static_cast<int>(gate::denied(run.status, verdict));
}

bool wants_previews(const policy::Verdict& verdict) {
  return verdict.effect == policy::Effect::ask && !verdict.requirement.previews.empty();
}

// What the rules that ask want to be shown. Only previews that the policies here name are made: a backend
// that could tell clients what to run would own them.
util::Json previews_of(Run& run, const policy::Verdict& verdict, const gate::SignalWatch& signals,
                       gate::Unmade unmade) {
  const bool quiet = run.settings.is_true("quiet");
  return gate::make_previews(verdict.requirement.previews,
                             {run.collection->hashes(), run.secret_key, signals, quiet}, unmade);
}

std::shared_ptr<const util::Json> collect_to_ask(Run& run, const policy::Verdict& verdict) {
  auto context = run.collect();
  if (!wants_previews(verdict)) return context;
  gate::SignalWatch signals;
  try {
    util::Json shown = *context;
    shown["preview"] = previews_of(run, verdict, signals,
                                   run.options.break_glass ? gate::Unmade::is_told : gate::Unmade::ends);
    return run.keep(shown);
  } catch (const util::Error&) {
    if (const auto signal = signals.caught()) signals.end_by(*signal);
    throw;
  }
}

// By the policies of this machine, whatever a backend thinks of it.
std::string why_no_break_glass(const Run& run, const policy::Verdict& verdict) {
  const auto& requirement = verdict.requirement;
  const auto roster = run.policies.groups().resolve(approval::groups_of(requirement));
  return approval::why_no_break_glass(requirement, backend::this_process(), roster);
}

Decision allowed(Run& run, const policy::Verdict& verdict) {
  if (run.settings.find("audit") == "all") open_backend(run)->record_allowed(*run.collect(), verdict);
  run.status.event("allowed");
  if (const auto permit = approval::Permit::from_verdict(verdict)) return gate::Granted{*permit};
  return static_cast<int>(gate::Exit::denied);
}

// Nobody should wait for what can never come. Who counts by another backend's groups is not known here, but
// signatures are verified here all the same.
std::string out_of_reach(const Run& run, const policy::Verdict& verdict) {
  if (verdict.effect != policy::Effect::ask || run.options.break_glass) return "";
  if (!is_local(run) && !verdict.requirement.signatures) return "";
  return service::why_out_of_reach(run.policies, verdict.requirement, backend::this_process());
}

// Whom it waits for must be able to see it.
void warn_of_private_store(const Run& run, const policy::Verdict& verdict) {
  const std::string url = run.settings.find("backend").value_or("local");
  const std::string directory = *backend::local_directory(url, run.settings.state_directory);
  if (!run.policies.installed() || verdict.requirement.self || run.settings.is_true("quiet")) return;
  if (!store::is_private(directory)) return;
  cli::say(kProgram, "warning: only you and root can open the store " + directory + ": no approver sees this",
           "share one with them: backend: local:/DIRECTORY, or a jit-server (jit-run-config(5))");
}

Decision ask(Run& run, const policy::Verdict& verdict) {
  // An earlier request has the reason and ticket that it was made with.
  const std::string missing = run.options.request ? ""
                                                  : service::Service::missing_condition(
                                                        verdict, run.options.reason, run.options.ticket);
  if (!missing.empty()) throw util::UsageError(missing);
  if ((verdict.requirement.bind_input || run.options.bind_stdin) && !run.input) run.input = run::bind_input();
  // Another backend has rules of its own, which are not known here.
  const bool local = is_local(run);
  if (local && !run.policies.installed() && !run.settings.is_true("quiet")) {
    cli::say(kProgram, "no policy is installed: every command asks, and you may approve it yourself");
  }
  if (local) warn_of_private_store(run, verdict);
  if (run.options.break_glass && run.policies.installed()) {
    if (const auto why = why_no_break_glass(run, verdict); !why.empty()) {
      policy::Verdict refused = verdict;
      refused.message = why;
      return denied(run, refused);
    }
  }
  if (!run.backend) run.backend = open_backend(run);
  // For the claim the policies are read again too: an approval does not survive a rule that was tightened
  // meanwhile.
  const auto collect_anew = [&](const gate::SignalWatch& signals,
                                const std::optional<approval::RequestId>& claimed) -> gate::Action {
    run.claimed = claimed;
    run.policies = cli::load_policies(run.settings);
    auto collector = run.collector();
    auto context = run.keep(collector.whole());
    auto now = cli::judge(run.policies, collector, cli::fallback_of(run.settings));
    if (!wants_previews(now)) return {std::move(context), std::move(now)};
    util::Json previews = previews_of(run, now, signals, gate::Unmade::differs);
    // That took its time: the rest must still be so.
    auto again = run.collector();
    util::Json whole = again.whole();
    whole["preview"] = std::move(previews);
    return {run.keep(whole), cli::judge(run.policies, again, cli::fallback_of(run.settings))};
  };
  const gate::Waiting waiting{*run.backend,
                              collect_anew,
                              run.status,
                              run.settings.is_true("quiet"),
                              run.options.retry_changed,
                              verdict,
                              out_of_reach(run, verdict)};
  const auto decision = [](const gate::Result& result) -> Decision {
    if (const auto* granted = std::get_if<gate::Granted>(&result)) return *granted;
    return static_cast<int>(std::get<gate::Exit>(result));
  };
  if (run.options.request) return decision(gate::resume(waiting, *run.options.request, run.options.wait));
  const backend::NewRequest request{
      collect_to_ask(run, verdict), run.options.reason, run.options.ticket, run.options.wait, std::nullopt,
      run.options.break_glass};
  if (run.options.break_glass) return decision(gate::break_glass(waiting, request));
  if (run.options.no_wait) return gate::post_only(waiting, request);
  return decision(gate::ask_and_wait(waiting, request));
}

// What denies it may pass; an approval that there is outlives that. (Of words that are hidden from what is
// judged here it is not said: they may be why.)
Decision denied_by_rules(Run& run, context::Collector& collected, const policy::Verdict& verdict) {
  std::vector<std::string> warnings;
  if (!collected.hides_words())
    warnings = policy::denied_by_warnings(run.policies, collected, cli::fallback_of(run.settings));
  const auto exit = gate::denied(run.status, verdict, warnings);
  if (warnings.empty() || !run.options.request) return static_cast<int>(exit);
  try {
    if (!run.backend) run.backend = open_backend(run);
    gate::say_what_stands(*run.backend, *run.options.request);
  } catch (const util::Error& error) {
    gate::say(error.what());  // it is denied all the same
  }
  return static_cast<int>(exit);
}

Decision decide(Run& run, context::Collector& collected, const policy::Verdict& verdict) {
  switch (verdict.effect) {
    case policy::Effect::deny:
      return denied_by_rules(run, collected, verdict);
    case policy::Effect::allow:
      if (run.options.request) return ask(run, verdict);  // that request's own approval decides
      if (run.options.no_wait) {
        throw util::UsageError("the policies allow this without asking: there is nothing to wait for",
                               "run it without --no-wait");
      }
      return allowed(run, verdict);
    case policy::Effect::ask:
      return ask(run, verdict);
  }
  return static_cast<int>(gate::Exit::denied);
}

void changed_at_last(Run& run, const std::vector<std::string>& paths) {
  run.status.event("changed", run.options.request);
  cli::say(kProgram, "changed: what would run was replaced at the last moment; the approval is used up");
  for (const auto& path : paths) cli::say(kProgram, "  " + path + ": content changed");
}

// nullopt where it is to be asked for anew.
std::optional<int> after_change(const Run& run) {
  if (run.options.retry_changed) return std::nullopt;
  return static_cast<int>(gate::Exit::changed);
}

// The program that a permit is for: PATH, or what is in it, may mean another one by now.
std::string judged_program(Run& run, context::FullCollector& collector) {
  const util::Json* path =
      run.judged ? context::find_in(*run.judged, "command.path") : collector.find("command.path");
  return path != nullptr && path->is_string() ? path->get<std::string>() : "";
}

int another_program(Run& run, const std::string& judged, const std::string& found) {
  run.status.event("changed", run.options.request);
  cli::say(kProgram, "changed: the program was " + (judged.empty() ? "not known" : judged) + ", is " + found);
  return static_cast<int>(gate::Exit::changed);
}

// Forgets what was collected, and the approval that is used up: what there is now is asked for.
void start_over(Run& run) {
  cli::say(kProgram, "asking anew");
  run.options.request.reset();
  run.judged.reset();
  run.claimed.reset();
  run.backend.reset();
  run.collection.emplace();
  run.policies = cli::load_policies(run.settings);
}

// nullopt when something was replaced at the last moment, and it is to be asked for anew.
std::optional<int> gate_once(Run& run) {
  auto collector = run.collector();
  const policy::Verdict verdict = cli::judge(run.policies, collector, cli::fallback_of(run.settings));
  if (run.options.explain) return explain(run, collector, verdict);

  // What cannot run is said before anybody is asked. Found once: this path is what is approved and what runs.
  const std::string& name = run.options.argv.front();
  const context::Program program = cli::find_program_here(name);
  if (program.path.empty()) return cannot_run(name, program.error);
  const Decision decision = decide(run, collector, verdict);
  if (const int* code = std::get_if<int>(&decision)) return *code;

  if (const auto judged = judged_program(run, collector); judged != util::escape_invalid_utf8(program.path))
    return another_program(run, judged, program.path);
  // The claim took its time on the disk: what was compared for it must still be what is there.
  const auto is_still_so = [&] {
    const auto changed = run.collection->hashes().changed();
    if (changed.empty()) {
      run.collection.reset();  // the command must not inherit a helper as its child
    } else {
      changed_at_last(run, changed);
    }
    return changed.empty();
  };
  const auto& granted = std::get<gate::Granted>(decision);
  if (granted.record != policy::Record::none) {
    const auto code =
        gate::run_recorded(granted, {program.path, run.options.argv, is_still_so}, *run.backend, run.status);
    return code ? code : after_change(run);
  }
  if (!is_still_so()) return after_change(run);
  run.backend.reset();  // nor that one
  run.status.event("exec", run.options.request);
  return cannot_run(name, run::exec(granted.permit, program.path, run.options.argv));
}

int gate_command(Run& run) {
  while (true) {
    if (const auto code = gate_once(run)) return *code;
    start_over(run);
  }
}

int run_gate(int argc, char** argv) {
  if (::getauxval(AT_SECURE) != 0) throw util::UsageError("must not be setuid or setgid");
  util::reserve_standard_descriptors();
  cli::RunOptions options = cli::parse_run_options(argc, argv);
  if (options.argv.empty()) throw util::UsageError("jit-run starts this program itself", "jit-run --help");
  config::Settings settings = config::load(options.sources);
  for (const auto& notice : settings.notices) cli::say(kProgram, notice);
  policy::Set policies = cli::load_policies(settings);
  std::string secret_key = context::load_secret_key(settings.state_directory);
  const int status_fd = options.status_fd;
  Run run{std::move(options), std::move(settings), std::move(policies), std::move(secret_key),
          run::StatusStream(status_fd)};
  return gate_command(run);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::guarded(kProgram, [&] { return run_gate(argc, argv); });
}

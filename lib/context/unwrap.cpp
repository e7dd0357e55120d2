#include <algorithm>
#include <set>

#include "context/command_line.hpp"
#include "context/shell_text.hpp"
#include "context/wrappers.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

constexpr std::size_t kMaxStarts = 256;
constexpr std::size_t kMaxCopiedWords = 1U << 16U;
constexpr int kMaxDepth = 8;

}  // namespace

void Unwrapper::add(std::vector<std::string> argv, bool certain, bool remote) {
  if (!argv.empty()) m_out.commands.push_back({std::move(argv), certain, remote});
}

void Unwrapper::add_words(std::size_t from, bool certain, bool remote) {
  if (from < m_argv.size()) {
    add(std::vector(m_argv.begin() + static_cast<std::ptrdiff_t>(from), m_argv.end()), certain, remote);
  }
}

void Unwrapper::add_text(std::string_view text, bool certain, bool remote) {
  if (auto argv = plain_shell_command(text)) return add(std::move(*argv), certain, remote);
  ShellCommands commands = split_shell_text(text);
  if (commands.unsure || commands.all.empty()) set_opaque();
  for (auto& command : commands.all) {
    if (!command.literal) set_opaque();
    add(std::move(command.argv), false, remote);
  }
}

void Unwrapper::add_joined(std::size_t from, bool certain, bool remote) {
  if (from >= m_argv.size()) return;
  std::string text = m_argv[from];
  for (std::size_t i = from + 1; i < m_argv.size(); ++i) text += " " + m_argv[i];
  add_text(text, certain, remote);
}

void Unwrapper::add_every_start(std::size_t from, bool remote) {
  set_opaque();
  std::size_t copied = 0;
  const std::size_t end = std::min(m_argv.size(), from + kMaxStarts);
  for (std::size_t i = from; i < end && copied < kMaxCopiedWords; ++i) {
    copied += m_argv.size() - i;
    add_words(i, false, remote);
  }
}

bool is_assignment_word(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && equals > 0;
}

namespace {

// The name that tables know a program by: "python3.11" is python.
std::string_view without_version(std::string_view name) {
  const auto last = name.find_last_not_of("0123456789.-");
  return last == std::string_view::npos ? name : name.substr(0, last + 1);
}

void unwrap_generic(const Wrapper& wrapper, Unwrapper& unwrapper) {
  const ParsedOptions parsed = parse_options(unwrapper.argv(), 1, wrapper.options);
  bool certain = !wrapper.elsewhere;
  for (const auto& option : parsed.options) {
    if (is_listed(option.name, wrapper.doubt_options)) certain = false;
    if (option.value && is_listed(option.name, wrapper.text_options)) {
      unwrapper.add_text(*option.value);
      return;
    }
  }
  if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1);
  std::size_t command = parsed.operand;
  if (wrapper.assignments) {
    for (; is_assignment_word(unwrapper.word(command)); ++command) certain = false;
  }
  if (wrapper.any_start) {
    if (command < unwrapper.size()) unwrapper.add_every_start(command);
    return;
  }
  while (wrapper.skip_mark != 0 && unwrapper.word(command).starts_with(wrapper.skip_mark)) ++command;
  const std::string_view first = unwrapper.word(command);
  if (wrapper.digits_first && !first.empty() && (first[0] < '0' || first[0] > '9'))
    return unwrapper.add_every_start(command);
  command += static_cast<std::size_t>(wrapper.skip);
  // `timeout 5 -- CMD` is not `timeout -- 5 CMD`, but some take the dashes there, too.
  if (wrapper.skip > 0 && unwrapper.word(command) == "--") ++command;
  // Options again, behind the operands: `setarch ARCH -R CMD`.
  if (wrapper.skip > 0 && unwrapper.word(command).starts_with('-')) return unwrapper.add_every_start(command);
  if (command >= unwrapper.size()) {
    if (wrapper.shell_by_default) unwrapper.set_opaque();
    return;
  }
  if (wrapper.joined) return unwrapper.add_joined(command);
  if (wrapper.more_words) {
    unwrapper.set_opaque();
    certain = false;
  }
  unwrapper.add_words(command, certain);
}

class SpecUnwrapper {
 public:
  SpecUnwrapper(const CommandSpec& spec, Unwrapper& unwrapper) : m_spec(spec), m_unwrapper(unwrapper) {}

  void unwrap() {
    using Form = CommandSpec::Wrapper::Form;
    const auto& wrapper = *m_spec.wrapper;
    std::size_t i = 1;
    if (!pass_options(i)) return;
    bool certain = true;
    if (wrapper.assignments) {
      for (; is_assignment_word(m_unwrapper.word(i)); ++i) certain = false;
    }
    i += static_cast<std::size_t>(std::max(0, wrapper.skip_words));
    // Options may stand behind those words, too, and a text option anywhere: `ansible all -m shell -a TEXT`.
    if (wrapper.skip_words > 0 && !pass_options(i)) return;
    for (std::size_t k = i; k < m_unwrapper.size() && !wrapper.shell_options.empty(); ++k) {
      if (take_text(k)) return;
    }
    switch (wrapper.form) {
      case Form::command:
        return m_unwrapper.add_words(i, certain);
      case Form::shell:
        if (i >= m_unwrapper.size()) m_unwrapper.set_opaque();
        return;
      case Form::remote:
        if (i + 1 >= m_unwrapper.size()) return m_unwrapper.set_opaque();
        return m_unwrapper.add_joined(i + 1, certain, true);
    }
  }

 private:
  bool remote() const { return m_spec.wrapper->form == CommandSpec::Wrapper::Form::remote; }

  // The word is a shell option: its text is taken.
  bool take_text(std::size_t i) {
    const std::string_view word = m_unwrapper.word(i);
    if (word.size() < 2 || word[0] != '-') return false;
    const auto equals = word.find('=');
    if (!is_shell_option(resolve(word.substr(0, equals)))) return false;
    const bool attached = equals != std::string_view::npos;
    m_unwrapper.add_text(attached ? word.substr(equals + 1) : m_unwrapper.word(i + 1), true, remote());
    return true;
  }

  // Goes on to the first word that is no option. False when that told all there is.
  bool pass_options(std::size_t& i) {
    for (; i < m_unwrapper.size(); ++i) {
      const std::string_view word = m_unwrapper.word(i);
      if (word == "--") {
        ++i;
        return true;
      }
      if (word.size() < 2 || word[0] != '-') return true;
      if (take_text(i)) return false;
      if (has(m_spec.value_options, resolve(word.substr(0, word.find('='))))) {
        if (word.find('=') == std::string_view::npos) ++i;
      } else if (!has(m_spec.flags, resolve(word)) && !is_known_bundle(word, i)) {
        if (m_text) {
          m_unwrapper.add_text(*m_text, true, remote());
        } else {
          m_unwrapper.add_every_start(i + 1, remote());
        }
        return false;
      }
    }
    return true;
  }

  static bool has(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  }

  bool is_shell_option(std::string_view name) const {
    const auto& wrapper = *m_spec.wrapper;
    if (has(wrapper.shell_options, name)) return true;
    return wrapper.form == CommandSpec::Wrapper::Form::shell && wrapper.shell_options.empty() && name == "-c";
  }

  std::string_view resolve(std::string_view name) const {
    if (!m_spec.abbreviations || !name.starts_with("--") || name.size() < 3) return name;
    std::set<std::string_view> found;
    for (const auto* list : {&m_spec.value_options, &m_spec.flags, &m_spec.wrapper->shell_options}) {
      for (const auto& option : *list) {
        if (option == name) return name;
        if (option.starts_with(name)) found.insert(option);
      }
    }
    return found.size() == 1 ? *found.begin() : name;
  }

  // "-xyz" of known letters, a last one with its value; a shell option in it leaves its text in m_text.
  bool is_known_bundle(std::string_view word, std::size_t& i) {
    if (word.size() < 3 || word[1] == '-') return false;
    for (std::size_t k = 1; k < word.size(); ++k) {
      const std::string letter = {'-', word[k]};
      if (is_shell_option(letter)) {
        m_text = k + 1 < word.size() ? word.substr(k + 1) : m_unwrapper.word(i + 1);
        return false;
      }
      if (has(m_spec.value_options, letter)) {
        if (k + 1 == word.size()) ++i;
        return true;
      }
      if (!has(m_spec.flags, letter)) return false;
    }
    return true;
  }

  const CommandSpec& m_spec;
  Unwrapper& m_unwrapper;
  std::optional<std::string_view> m_text;
};

bool unwrap_known(std::string_view name, Unwrapper& unwrapper) {
  if (unwrap_shell(name, unwrapper) || unwrap_git(name, unwrapper) || unwrap_container(name, unwrapper) ||
      unwrap_special(name, unwrapper) || unwrap_runner(name, unwrapper) || unwrap_sed(name, unwrapper) ||
      unwrap_tool(name, unwrapper) || unwrap_client(name, unwrapper) || unwrap_fleet(name, unwrapper) ||
      unwrap_editor(name, unwrapper) || unwrap_awk(name, unwrapper)) {
    return true;
  }
  if (const Wrapper* wrapper = find_wrapper(name)) {
    unwrap_generic(*wrapper, unwrapper);
    return true;
  }
  return unwrap_interpreter(name, unwrapper);
}

// One program that is many: what it does is told by the name it is called by, so that its own name says
// nothing.
bool is_multicall(const std::string& name) {
  return name == "busybox" || name == "toybox" || name == "coreutils";
}

class Everything {
 public:
  Everything(const CommandSpecs& specs, const Resolve& resolve) : m_specs(specs), m_resolve(resolve) {}

  Unwrapped run_by(const std::vector<std::string>& argv) {
    add(Inner{.argv = argv, .aliases = aliases_of(argv)});
    std::size_t done = 0;
    for (int depth = 1; done < m_all.commands.size(); ++depth) {
      if (depth >= kMaxDepth) {
        m_all.opaque = true;
        break;
      }
      const std::size_t level_end = m_all.commands.size();
      for (; done < level_end; ++done) add(Inner(m_all.commands[done]));
    }
    return std::move(m_all);
  }

 private:
  // What it runs, whatever its program is called.
  void add(Inner outer) {
    take(unwrap(outer.argv, m_specs), outer);
    outer.by_alias = true;
    const std::string name = command_name(outer.argv);
    for (const auto& alias : outer.aliases) {
      // busybox is itself under each name that begins so.
      if (is_multicall(alias) && !name.starts_with(alias)) continue;
      outer.argv.front() = alias;
      take(unwrap(outer.argv, m_specs), outer);
    }
  }

  void take(Unwrapped&& direct, const Inner& outer) {
    m_all.opaque = m_all.opaque || direct.opaque;
    for (auto& inner : direct.commands) {
      m_copied += inner.argv.size();
      if (m_all.commands.size() >= kMaxInner || m_copied > 8 * kMaxCopiedWords) {
        m_all.opaque = true;
        return;
      }
      inner.by_alias = outer.by_alias;
      // What runs by the names that were given is judged so, by whatever other names it is found before.
      if (inner.by_alias && m_seen.contains({false, inner.argv})) continue;
      if (!m_seen.emplace(inner.by_alias, inner.argv).second) continue;
      inner.certain = inner.certain && outer.certain;
      inner.remote = inner.remote || outer.remote;
      if (!inner.remote) inner.aliases = aliases_of(inner.argv);
      m_all.commands.push_back(std::move(inner));
    }
  }

  std::vector<std::string> aliases_of(const std::vector<std::string>& argv) const {
    if (!m_resolve || argv.empty()) return {};
    std::vector<std::string> names = m_resolve(argv.front());
    std::erase(names, command_name(argv));
    std::erase(names, "");
    return names;
  }

  const CommandSpecs& m_specs;
  const Resolve& m_resolve;
  Unwrapped m_all;
  std::set<std::pair<bool, std::vector<std::string>>> m_seen;
  std::size_t m_copied = 0;
};

}  // namespace

Unwrapped unwrap(const std::vector<std::string>& argv, const CommandSpecs& specs) {
  Unwrapped out;
  if (argv.empty()) return out;
  Unwrapper unwrapper(argv, out);
  const std::string full_name = command_name(argv);
  if (const CommandSpec* spec = specs.find(full_name); spec != nullptr && spec->wrapper) {
    SpecUnwrapper(*spec, unwrapper).unwrap();
  }
  if (!unwrap_known(full_name, unwrapper)) unwrap_known(without_version(full_name), unwrapper);
  unwrap_launchers(full_name, unwrapper);
  return out;
}

Unwrapped unwrap_all(const std::vector<std::string>& argv, const CommandSpecs& specs,
                     const Resolve& resolve) {
  if (argv.empty()) return {};
  return Everything(specs, resolve).run_by(argv);
}

}  // namespace jit::context

#include "context/command_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "context/redact.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

// Work bounds: the number of words looked at over all readings, and the bytes kept.
constexpr std::size_t kMaxSteps = 1U << 20U;
constexpr std::size_t kMaxBytes = 8U << 20U;

// The possible values of one option within one structural reading; nullopt is "without a value".
using Values = std::set<std::optional<std::string_view>>;

struct Draft {
  std::map<std::string_view, Values> options;
  std::vector<std::string_view> words;
  bool redacted_word = false;
};

// Which way to go at each doubtful point, counted up like an odometer until all ways were taken.
class Choices {
 public:
  void rewind() { m_position = 0; }
  std::size_t choose(std::size_t count) {
    if (count <= 1) return 0;
    if (m_position == m_taken.size()) m_taken.push_back({0, count});
    return m_taken[m_position++].way;
  }
  bool next() {
    while (!m_taken.empty() && m_taken.back().way + 1 == m_taken.back().count) m_taken.pop_back();
    if (m_taken.empty()) return false;
    ++m_taken.back().way;
    return true;
  }

 private:
  struct Taken {
    std::size_t way, count;
  };
  std::vector<Taken> m_taken;
  std::size_t m_position = 0;
};

enum class Arity { flag, value, doubtful };

std::string_view without_dashes(std::string_view option) {
  return option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

bool may_be_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '?' || c == '@' ||
         c == '#';
}

class Reader {
 public:
  Reader(const std::vector<std::string>& argv, const CommandSpec* spec) : m_argv(argv), m_spec(spec) {
    if (spec == nullptr) return;
    m_values.insert(spec->value_options.begin(), spec->value_options.end());
    m_flags.insert(spec->flags.begin(), spec->flags.end());
  }

  Draft read(Choices& choices) {
    Draft draft;
    m_next = 1;
    while (m_next < m_argv.size()) {
      const std::string_view word = m_argv[m_next++];
      if (word == "--") break;
      if (word.size() < 2 || word[0] != '-') {
        add_word(draft, word);
      } else if (word[1] == '-') {
        read_long(draft, word, choices);
      } else {
        read_short(draft, word, choices);
      }
    }
    while (m_next < m_argv.size()) add_word(draft, m_argv[m_next++]);
    return draft;
  }

 private:
  static void add_word(Draft& draft, std::string_view word) {
    draft.words.push_back(word);
    if (word.starts_with(kRedacted)) draft.redacted_word = true;
  }

  Arity arity(std::string_view option) const {
    if (m_values.contains(option)) return Arity::value;
    return m_flags.contains(option) ? Arity::flag : Arity::doubtful;
  }

  // The listed long option that `option` is, or is an unambiguous prefix of.
  std::string_view full_name(std::string_view option) const {
    if (m_spec == nullptr || !m_spec->abbreviations || m_values.contains(option) ||
        m_flags.contains(option)) {
      return option;
    }
    std::set<std::string_view> candidates;
    for (const auto* list : {&m_values, &m_flags}) {
      for (auto it = list->lower_bound(option); it != list->end() && it->starts_with(option); ++it)
        candidates.insert(*it);
    }
    return candidates.size() == 1 ? *candidates.begin() : option;
  }

  // Whether the option takes the next word, when it could.
  bool takes_next(Arity arity, Choices& choices) {
    if (m_next >= m_argv.size() || arity == Arity::flag) return false;
    return arity == Arity::value || choices.choose(2) == 1;
  }

  void read_long(Draft& draft, std::string_view word, Choices& choices) {
    const auto equals = word.find('=');
    const std::string_view option = full_name(word.substr(0, equals));
    auto& values = draft.options[without_dashes(option)];
    if (equals != std::string_view::npos) {
      values.insert(word.substr(equals + 1));
    } else if (takes_next(arity(option), choices)) {
      values.insert(m_argv[m_next++]);
    } else {
      values.insert(std::nullopt);
    }
  }

  // "-abc" is one long name (Go, X11), three flags, or flags up to one whose value is the rest.
  void read_short(Draft& draft, std::string_view word, Choices& choices) {
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name.size() > 2 && arity(name) != Arity::doubtful) return read_long(draft, word, choices);
    // mysql's "-p[redacted]": a secret was hidden directly behind the letter that takes it.
    if (word.find(kRedacted) == 2) return attach(draft, word, 1, choices);
    if (name.size() == 2 && equals != std::string_view::npos) return attach(draft, word, 1, choices);
    // Position of the last letter that is surely reached, and all those that may take the rest as their
    // value.
    std::vector<std::size_t> takers;
    std::size_t i = 1;
    for (; i < name.size() && may_be_letter(name[i]); ++i) {
      const Arity kind = arity(letter(name[i]));
      if (kind == Arity::value) {
        if (i + 1 < word.size()) return read_attached(draft, word, takers, i, choices);
        break;
      }
      if (kind == Arity::doubtful && i + 1 < word.size()) takers.push_back(i);
    }
    const std::size_t way = choices.choose(takers.size() + 1);
    if (way > 0) return attach(draft, word, takers[way - 1], choices);
    const bool single = name.size() == 2;
    const bool all_letters =
        i >= name.size() || (i + 1 == name.size() && arity(letter(name[i])) == Arity::value);
    if (equals != std::string_view::npos) {
      draft.options[name.substr(1)].insert(word.substr(equals + 1));
      return;
    }
    const Arity last = all_letters ? arity(letter(name.back())) : Arity::doubtful;
    // A bundle whose every letter is known has no second meaning as one long name.
    const bool known = all_letters && takers.empty() && last != Arity::doubtful;
    std::optional<std::string_view> value;
    if (takes_next(last, choices)) value = m_argv[m_next++];
    if (!single && !known) draft.options[name.substr(1)].insert(value);
    if (!all_letters) return;
    for (std::size_t k = 1; k + 1 < name.size(); ++k) draft.options[name.substr(k, 1)].insert(std::nullopt);
    draft.options[name.substr(name.size() - 1)].insert(value);
  }

  // The letter at `at` is known to take a value, and the rest of the word is there for it.
  void read_attached(Draft& draft, std::string_view word, std::vector<std::size_t> takers, std::size_t at,
                     Choices& choices) {
    takers.push_back(at);
    attach(draft, word, takers[choices.choose(takers.size())], choices);
  }

  static void attach(Draft& draft, std::string_view word, std::size_t at, Choices& choices) {
    for (std::size_t k = 1; k < at; ++k) draft.options[word.substr(k, 1)].insert(std::nullopt);
    std::string_view value = word.substr(at + 1);
    // "-n=5": getopt's value is "=5", Go's pflag takes "5".
    if (value.starts_with('=') && choices.choose(2) == 0) value.remove_prefix(1);
    draft.options[word.substr(at, 1)].insert(value);
  }

  static std::string letter(char c) { return {'-', c}; }

  const std::vector<std::string>& m_argv;
  const CommandSpec* m_spec;
  std::set<std::string, std::less<>> m_values, m_flags;
  std::size_t m_next = 1;
};

// One reading for each combination of values of options that were given more than once. False: too many.
bool expand(const Draft& draft, std::vector<Reading>& readings) {
  Reading base;
  for (const auto word : draft.words) {
    if (word.data() != draft.words.front().data()) base.subcommand += ' ';
    base.subcommand += word;
  }
  std::vector<std::pair<std::string_view, std::vector<std::optional<std::string_view>>>> repeated;
  std::size_t combinations = 1;
  for (const auto& [name, values] : draft.options) {
    if (values.size() > 1) {
      repeated.emplace_back(name, std::vector(values.begin(), values.end()));
      combinations = std::min(combinations * values.size(), kMaxReadings + 1);
    } else if (values.begin()->has_value()) {
      base.values.emplace(name, **values.begin());
    } else {
      base.switches.emplace_back(name);
    }
  }
  const bool fits = readings.size() + combinations <= kMaxReadings;
  if (!fits) combinations = readings.empty() ? 1 : 0;
  for (std::size_t number = 0; number < combinations; ++number) {
    Reading reading = base;
    std::size_t rest = number;
    for (const auto& [name, values] : repeated) {
      const auto& value = values[rest % values.size()];
      rest /= values.size();
      if (value) {
        reading.values.emplace(name, *value);
      } else {
        reading.switches.emplace_back(name);
      }
    }
    readings.push_back(std::move(reading));
  }
  return fits;
}

std::size_t total_bytes(const std::vector<std::string>& argv) {
  std::size_t bytes = 0;
  for (const auto& word : argv) bytes += word.size() + 1;
  return bytes;
}

}  // namespace

Readings read_command_line(const std::vector<std::string>& argv, const CommandSpec* spec) {
  Readings readings;
  Reader reader(argv, spec);
  Choices choices;
  const std::size_t limit =
      std::max<std::size_t>(1, std::min(kMaxSteps / (argv.size() + 1), kMaxBytes / (total_bytes(argv) + 1)));
  do {
    choices.rewind();
    const Draft draft = reader.read(choices);
    // A word that was hidden as a secret, where it may be a word of the subcommand: nobody can tell what it
    // says.
    readings.too_many = readings.too_many || draft.redacted_word;
    if (!expand(draft, readings.all)) readings.too_many = true;
    if (readings.all.size() > limit) readings.too_many = true;
  } while (!readings.too_many && choices.next());
  if (readings.too_many) readings.all.resize(1);
  return readings;
}

util::Json options_json(const Readings& readings) {
  std::map<std::string, std::set<util::Json>> possible;
  for (const auto& reading : readings.all) {
    for (const auto& [name, value] : reading.values) possible[name].insert(value);
    for (const auto& name : reading.switches) possible[name].insert(true);
  }
  util::Json options = util::Json::object();
  for (auto& [name, values] : possible)
    options[name] = values.size() == 1 ? *values.begin() : util::Json(values);
  return options;
}

std::string command_name(const std::vector<std::string>& argv) {
  if (argv.empty()) return {};
  return argv[0].substr(argv[0].rfind('/') + 1);
}

}  // namespace jit::context

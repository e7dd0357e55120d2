#include "policy/matching.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/glob.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

std::string_view view(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

// The least (all) or the greatest (any) of what the parts say; stops where no other part can change it.
template <typename Parts, typename Holds>
Truth join(const Parts* parts, bool all, Holds part_holds) {
  Truth result = all ? Truth::yes : Truth::no;
  if (parts == nullptr) return result;
  for (const auto* part : *parts) {
    const Truth next = part_holds(*part);
    result = all ? std::min(result, next) : std::max(result, next);
    if (result == (all ? Truth::no : Truth::yes)) break;
  }
  return result;
}

Truth text_holds(const compiled::Matcher& matcher, std::string_view text, Regexes& regexes) {
  const std::string_view pattern = view(matcher.text());
  if (matcher.test() == compiled::Test::literal) return truth(pattern == text);
  if (matcher.test() == compiled::Test::glob) return truth(glob_matches(pattern, text));
  if (matcher.test() != compiled::Test::regex) return Truth::no;
  const auto found = regexes.finds(pattern, text);
  return found ? truth(*found) : Truth::unknown;
}

// A test of one value that is not a list.
Truth leaf_holds(const compiled::Matcher& matcher, const Value& value, Regexes& regexes) {
  switch (value.kind) {
    case Value::Kind::text:
      return text_holds(matcher, value.text, regexes);
    case Value::Kind::integer:
      if (matcher.test() == compiled::Test::integer) return truth(value.integer == matcher.number());
      if (matcher.test() == compiled::Test::above) return truth(value.integer > matcher.number());
      if (matcher.test() == compiled::Test::below) return truth(value.integer < matcher.number());
      return Truth::no;
    case Value::Kind::boolean:
      return truth(matcher.test() == compiled::Test::boolean && value.boolean == (matcher.number() != 0));
    case Value::Kind::words:
    case Value::Kind::list:
    case Value::Kind::absent:
    case Value::Kind::object:
      return Truth::no;
  }
  return Truth::no;
}

bool is_there(const Value& value) {
  if (value.kind == Value::Kind::list) return !value.list->empty();
  return value.kind != Value::Kind::absent;
}

// Calls `visit` for each element of a list, or for the value itself; the greatest of its answers.
template <typename Visit>
Truth some_element(const Value& value, Visit visit) {
  Truth result = Truth::no;
  if (value.kind == Value::Kind::words) {
    for (const auto& word : *value.words) {
      Value element;
      element.kind = Value::Kind::text;
      element.text = word;
      result = std::max(result, visit(element));
    }
  } else if (value.kind == Value::Kind::list) {
    for (const auto& item : *value.list) {
      if (!item.is_array()) result = std::max(result, visit(value_of(&item)));
    }
  } else {
    result = visit(value);
  }
  return result;
}

std::string join_texts(const compiled::Matcher& matcher, const char* word) {
  std::vector<std::string> texts;
  if (matcher.parts() != nullptr) {
    for (const auto* part : *matcher.parts()) texts.push_back(to_text(*part));
  }
  return util::join(texts, word);
}

std::string path_text(const compiled::Set& set, const compiled::Match& match) {
  if (match.path() >= set.paths()->size()) return "?";
  return set.paths()->Get(match.path())->text()->str();
}

std::size_t patterns_of(const compiled::Matcher& matcher) {
  if (matcher.parts() == nullptr) return 1;
  std::size_t count = 1;
  for (const auto* part : *matcher.parts()) count += patterns_of(*part);
  return count;
}

}  // namespace

Truth negate(Truth truth) {
  if (truth == Truth::unknown) return truth;
  return truth == Truth::yes ? Truth::no : Truth::yes;
}

Truth holds(const compiled::Matcher& matcher, const Value& value, Regexes& regexes) {
  const auto part_holds = [&](const compiled::Matcher& part) { return holds(part, value, regexes); };
  switch (matcher.test()) {
    case compiled::Test::negate:
      return negate(join(matcher.parts(), true, part_holds));
    case compiled::Test::any:
      return join(matcher.parts(), false, part_holds);
    case compiled::Test::all:
      return join(matcher.parts(), true, part_holds);
    case compiled::Test::one:
      return some_element(value, [&](const Value& element) {
        return join(matcher.parts(), true,
                    [&](const compiled::Matcher& part) { return holds(part, element, regexes); });
      });
    case compiled::Test::exists:
      return truth(is_there(value) == (matcher.number() != 0));
    case compiled::Test::literal:
    case compiled::Test::glob:
    case compiled::Test::regex:
    case compiled::Test::integer:
    case compiled::Test::boolean:
    case compiled::Test::above:
    case compiled::Test::below:
      break;
  }
  return some_element(value, [&](const Value& element) { return leaf_holds(matcher, element, regexes); });
}

Truth holds(const compiled::Match& match, Facts& facts, std::size_t reading, Regexes& regexes) {
  const auto part_holds = [&](const compiled::Match& part) { return holds(part, facts, reading, regexes); };
  switch (match.join()) {
    case compiled::Join::path:
      if (match.matcher() == nullptr || !facts.unknown(match.path(), reading).empty()) return Truth::unknown;
      if (!facts.spend(facts.at(match.path(), reading), patterns_of(*match.matcher()))) return Truth::unknown;
      return holds(*match.matcher(), facts.at(match.path(), reading), regexes);
    case compiled::Join::negate:
      return negate(join(match.parts(), true, part_holds));
    case compiled::Join::any:
      return join(match.parts(), false, part_holds);
    case compiled::Join::all:
      return join(match.parts(), true, part_holds);
  }
  return Truth::unknown;
}

Failure explain(const compiled::Match& match, Facts& facts, std::size_t reading, Regexes& regexes,
                bool strict, const compiled::Set& set) {
  const Truth result = holds(match, facts, reading, regexes);
  if (result == Truth::yes || (result == Truth::unknown && !strict)) return {};
  if (match.join() == compiled::Join::path) {
    const std::string path = path_text(set, match);
    if (result == Truth::unknown) return {path, "cannot be told: " + facts.unknown(match.path(), reading)};
    return {path, "is " + to_text(facts.at(match.path(), reading)) + ", not " + to_text(*match.matcher())};
  }
  if (match.join() == compiled::Join::negate) return {"not", "what must not hold does"};
  if (match.parts() == nullptr) return {"match", "can never hold"};
  if (match.join() == compiled::Join::any && match.parts()->size() > 1) {
    Failure first = explain(*match.parts()->Get(0), facts, reading, regexes, strict, set);
    return {first.path, first.why + " (and the other matches of \"any\" fail too)"};
  }
  for (const auto* part : *match.parts()) {
    Failure failure = explain(*part, facts, reading, regexes, strict, set);
    if (!failure.path.empty()) return failure;
  }
  return {};
}

std::string to_text(const compiled::Matcher& matcher) {
  switch (matcher.test()) {
    case compiled::Test::literal:
    case compiled::Test::glob:
      return "\"" + std::string(view(matcher.text())) + "\"";
    case compiled::Test::regex:
      return "/" + std::string(view(matcher.text())) + "/";
    case compiled::Test::integer:
      return std::to_string(matcher.number());
    case compiled::Test::boolean:
      return matcher.number() != 0 ? "true" : "false";
    case compiled::Test::above:
      return "above " + std::to_string(matcher.number());
    case compiled::Test::below:
      return "below " + std::to_string(matcher.number());
    case compiled::Test::exists:
      return matcher.number() != 0 ? "there" : "absent";
    case compiled::Test::negate:
      return "not (" + join_texts(matcher, " and ") + ")";
    case compiled::Test::any:
      return join_texts(matcher, " or ");
    case compiled::Test::all:
    case compiled::Test::one:
      return join_texts(matcher, " and ");
  }
  return "";
}

}  // namespace jit::policy

#include "util/time.hpp"

#include <array>
#include <cstdio>

namespace jit::util {

namespace chrono = std::chrono;

Time wall_clock() {
  return chrono::floor<Millis>(chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss<Millis> clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

namespace {

// Takes exactly `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_fraction_of_second(std::string_view& text) {
  if (!take(text, '.')) return 0;
  int value = 0;
  int digits = 0;
  while (digits < 3 && !text.empty() && text.front() >= '0' && text.front() <= '9') {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 3; ++digits) value *= 10;
  return value;
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = take_fraction_of_second(text);
  if (!fraction || text != "Z") return std::nullopt;
  const chrono::year_month_day date{chrono::year{*year}, chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Time{chrono::sys_days{date}} + chrono::hours{*hour} + chrono::minutes{*minute} +
         chrono::seconds{*second} + Millis{*fraction};
}

namespace {

struct Unit {
  std::string_view name;
  Millis length;
};

constexpr std::array<Unit, 5> kUnits{{{"d", chrono::hours{24}},
                                      {"h", chrono::hours{1}},
                                      {"m", chrono::minutes{1}},
                                      {"s", chrono::seconds{1}},
                                      {"ms", Millis{1}}}};
constexpr Millis kLongest = chrono::hours{24 * 3650};

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  Millis total{0};
  std::size_t next_unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    long long value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 13 && text[digits] >= '0' && text[digits] <= '9') {
      value = value * 10 + (text[digits++] - '0');
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return std::nullopt;
    const Unit& unit = kUnits[next_unit++];
    if (value > kLongest / unit.length) return std::nullopt;
    total += value * unit.length;
    text.remove_prefix(name.size());
  }
  if (total <= Millis{0} || total > kLongest) return std::nullopt;
  return total;
}

std::string to_text(Millis duration) {
  std::string text;
  for (const Unit& unit : kUnits) {
    const auto count = duration / unit.length;
    if (count > 0) text += std::to_string(count) + std::string(unit.name);
    duration -= count * unit.length;
  }
  return text.empty() ? "0s" : text;
}

std::string to_clock_text(Millis duration) {
  const auto seconds = duration <= Millis{0} ? chrono::seconds{0} : chrono::ceil<chrono::seconds>(duration);
  const chrono::hh_mm_ss<chrono::seconds> clock{seconds};
  std::array<char, 32> text{};
  if (clock.hours().count() > 0) {
    std::snprintf(text.data(), text.size(), "%ld:%02ld:%02ld", static_cast<long>(clock.hours().count()),
                  static_cast<long>(clock.minutes().count()), static_cast<long>(clock.seconds().count()));
  } else {
    std::snprintf(text.data(), text.size(), "%ld:%02ld", static_cast<long>(clock.minutes().count()),
                  static_cast<long>(clock.seconds().count()));
  }
  return text.data();
}

}  // namespace jit::util

#include "server/settings.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "util/error.hpp"
#include "util/text.hpp"
#include "util/time.hpp"
#include "util/trusted_file.hpp"
#include "yaml/document.hpp"

namespace jit::server {
namespace {

using util::Json;

constexpr const char* kClientUsers = "client_users";
constexpr const char* kSlackUsers = "slack_users";
constexpr std::size_t kLongestFile = 1U << 20U;

[[noreturn]] void must_be(const std::string& what, const std::string& written) {
  throw util::UsageError("must be " + what + ", not \"" + util::visible(written) + "\"");
}

template <typename Value>
struct Word {
  const char* text;
  Value value;
};

template <typename Value>
Value word_of(const std::vector<Word<Value>>& words, const std::string& written) {
  std::string list;
  for (const auto& word : words) {
    if (written == word.text) return word.value;
    list += (list.empty() ? "" : ", ") + std::string(word.text);
  }
  must_be("one of " + list, written);
}

template <typename Value>
std::string word_for(const std::vector<Word<Value>>& words, Value value) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.value == value; });
  return found == words.end() ? "" : found->text;
}

const std::vector<Word<bool>> kBooleans{{"true", true}, {"false", false}};
const std::vector<Word<policy::Effect>> kEffects{
    {"allow", policy::Effect::allow}, {"ask", policy::Effect::ask}, {"deny", policy::Effect::deny}};
const std::vector<Word<Log::Format>> kFormats{{"text", Log::Format::text}, {"json", Log::Format::json}};
const std::vector<Word<Settings::Logged>> kLogged{
    {"none", Settings::Logged::none}, {"changes", Settings::Logged::changes}, {"all", Settings::Logged::all}};

// Finds a member within the settings.
template <typename Value>
using Member = std::function<Value&(Settings&)>;

template <typename Value>
Value read(const Member<Value>& member, Settings settings) {
  return member(settings);
}

std::size_t number_in(std::string_view digits, const std::string& what, std::string_view written) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    must_be(what, std::string(written));
  return number;
}

Key path(const char* name, const char* what, const Member<std::string>& member) {
  return {name, what, "FILE",
          [member](Settings& settings, const std::string& written) {
            if (written.find('\0') != std::string::npos || !written.starts_with('/'))
              must_be("an absolute path", written);
            member(settings) = written;
          },
          [member](const Settings& settings) {
            const std::string path = read(member, settings);
            return path.empty() ? Json() : Json(path);
          }};
}

Key count(const char* name, const char* what, const Member<std::size_t>& member) {
  return {name, what, "NUMBER",
          [member](Settings& settings, const std::string& written) {
            constexpr std::size_t kMost = 10'000'000;
            const std::size_t number = number_in(written, "a number from 1 to 10000000", written);
            if (number < 1 || number > kMost) must_be("a number from 1 to 10000000", written);
            member(settings) = number;
          },
          [member](const Settings& settings) { return Json(read(member, settings)); }};
}

Key bytes(const char* name, const char* what, const Member<std::size_t>& member) {
  return {name, what, "BYTES",
          [member](Settings& settings, const std::string& written) {
            const std::string kind = "a number of bytes from 1KiB to 4096MiB, such as 16KiB or 5MiB";
            std::string_view digits = written;
            unsigned shift = 0;
            for (const auto& [unit, bits] : {std::pair("KiB", 10U), std::pair("MiB", 20U)}) {
              if (!digits.ends_with(unit)) continue;
              digits.remove_suffix(3);
              shift = bits;
              break;
            }
            const std::size_t number = number_in(digits, kind, written);
            if (number > (std::size_t{1} << 32U) || number << shift < 1024 ||
                number << shift > (std::size_t{1} << 32U))
              must_be(kind, written);
            member(settings) = number << shift;
          },
          [member](const Settings& settings) -> Json {
            const std::size_t value = read(member, settings);
            if (value % (1U << 20U) == 0) return std::to_string(value >> 20U) + "MiB";
            return value % 1024 == 0 ? std::to_string(value >> 10U) + "KiB" : std::to_string(value);
          }};
}

Key duration(const char* name, const char* what, const Member<std::chrono::milliseconds>& member) {
  return {name, what, "DURATION",
          [member](Settings& settings, const std::string& written) {
            const auto time = util::parse_duration(written);
            if (!time || *time < std::chrono::milliseconds(100) || *time > std::chrono::hours(1))
              must_be("a duration from 100ms to 1h, such as 20s", written);
            member(settings) = *time;
          },
          [member](const Settings& settings) { return Json(util::to_text(read(member, settings))); }};
}

template <typename Value>
Key choice(const char* name, const char* what, const std::vector<Word<Value>>& words,
           const std::type_identity_t<Member<Value>>& member) {
  std::string kind;
  for (const auto& word : words) kind += (kind.empty() ? "" : "|") + std::string(word.text);
  return {name, what, kind,
          [member, words](Settings& settings, const std::string& written) {
            member(settings) = word_of(words, written);
          },
          [member, words](const Settings& settings) {
            const Value value = read(member, settings);
            if constexpr (std::is_same_v<Value, bool>) return Json(value);
            return Json(word_for(words, value));
          }};
}

Key listen() {
  return {"listen",
          "https://ADDRESS:PORT, http://127.0.0.1:PORT or unix:/PATH",
          "URL",
          [](Settings& settings, const std::string& written) { settings.listen.push_back(written); },
          [](const Settings& settings) { return Json(settings.listen); },
          [](Settings& settings) { settings.listen.clear(); }};
}

Key client_scopes() {
  return {"client_scopes",
          "what those with a certificate may: request, review, audit",
          "SCOPE",
          [](Settings& settings, const std::string& written) {
            const auto scope = parse_scope(written);
            if (!scope) must_be("request, review or audit", written);
            settings.client_users.scopes.insert(*scope);
          },
          [](const Settings& settings) {
            Json words = Json::array();
            for (const Scope scope : settings.client_users.scopes) words.push_back(to_text(scope));
            return words;
          },
          [](Settings& settings) { settings.client_users.scopes.clear(); }};
}

Key slack_team() {
  return {"slack_team", "the workspace from which decisions are taken", "ID",
          [](Settings& settings, const std::string& written) {
            if (!is_slack_id(written, "T"))
              must_be("the id of a Slack workspace, such as T012AB3CD", written);
            settings.slack.team = written;
          },
          [](const Settings& settings) {
            return settings.slack.team.empty() ? Json() : Json(settings.slack.team);
          }};
}

std::vector<Key> make_keys() {
  return {
      listen(),
      path(
          "store", "the directory of the store", [](Settings & s) -> auto& { return s.store; }),
      path(
          "policies", "a file or a directory of policies", [](Settings & s) -> auto& { return s.policies; }),
      choice(
          "default", "what holds where no rule matches", kEffects,
          [](Settings & s) -> auto& { return s.fallback; }),
      path(
          "certificate", "PEM: the server's certificate, then those in between",
          [](Settings & s) -> auto& { return s.tls.certificate; }),
      path(
          "key", "PEM: its key; nobody else may read it", [](Settings & s) -> auto& { return s.tls.key; }),
      path(
          "client_ca", "PEM: who vouches for clients' certificates",
          [](Settings & s) -> auto& { return s.tls.client_ca; }),
      path(
          "client_crl", "PEM: which of those are not good any more",
          [](Settings & s) -> auto& { return s.tls.client_crl; }),
      client_scopes(),
      choice(
          "require_client_certificate", "whether nobody gets in without one", kBooleans,
          [](Settings & s) -> auto& { return s.tls.require_client_certificate; }),
      path(
          "slack_signing_secret_file", "the Signing Secret of the Slack app whose buttons decide",
          [](Settings & s) -> auto& { return s.slack.secret_file; }),
      slack_team(),
      choice(
          "log", "how events are written on stderr", kFormats, [](Settings & s) -> auto& { return s.log; }),
      choice(
          "log_requests", "which requests are written down", kLogged,
          [](Settings & s) -> auto& { return s.log_requests; }),
      bytes(
          "header_bytes", "the largest header", [](Settings & s) -> auto& { return s.limits.header_bytes; }),
      bytes(
          "body_bytes", "the largest body", [](Settings & s) -> auto& { return s.limits.body_bytes; }),
      bytes(
          "buffered_bytes", "all requests that are not whole yet, and all replies that are not taken",
          [](Settings & s) -> auto& { return s.limits.buffered_bytes; }),
      count(
          "connections", "how many there may be", [](Settings & s) -> auto& { return s.limits.connections; }),
      count(
          "connections_per_address", "and of one address, or one user of a Unix socket",
          [](Settings & s) -> auto& { return s.limits.connections_per_address; }),
      duration(
          "request_time", "from a request's first byte to its last",
          [](Settings & s) -> auto& { return s.limits.request_time; }),
      duration(
          "reply_time", "until the client has taken a reply",
          [](Settings & s) -> auto& { return s.limits.reply_time; }),
      duration(
          "idle_time", "between two requests", [](Settings & s) -> auto& { return s.limits.idle_time; }),
      duration(
          "longest_wait", "the longest that a client may wait for a change",
          [](Settings & s) -> auto& { return s.limits.longest_wait; }),
      count(
          "requests_per_second", "of one user",
          [](Settings & s) -> auto& { return s.limits.requests_per_second; }),
      count(
          "pending_per_user", "how many requests of one user may wait for a decision",
          [](Settings & s) -> auto& { return s.limits.pending_per_user; }),
      count(
          "asked_per_hour", "by one user; large requests count as several",
          [](Settings & s) -> auto& { return s.limits.asked_per_hour; }),
      bytes(
          "recording_bytes", "the recording of one session",
          [](Settings & s) -> auto& { return s.limits.recording_bytes; }),
      count(
          "streams_per_user", "how many streams of events one user may follow",
          [](Settings & s) -> auto& { return s.limits.streams_per_user; }),
      count(
          "queue", "how many requests may wait for the store",
          [](Settings & s) -> auto& { return s.limits.queue; }),
  };
}

class Reader {
 public:
  Reader(std::string file, Settings& settings, Sources& sources)
      : m_file(std::move(file)), m_settings(settings), m_sources(sources) {}

  void read(const yaml::Node& document) {
    if (document.kind != yaml::Node::Kind::map) {
      add(document.mark, "a configuration is a map of keys: \"listen: [https://0.0.0.0:8443]\"");
    } else {
      for (const auto& [key, value] : document.entries) read_key(key, value);
    }
    if (!m_problems.empty()) throw yaml::LoadError(std::move(m_problems));
  }

 private:
  void add(yaml::Mark mark, const std::string& text) { m_problems.push_back({m_file, mark, text}); }

  void read_key(const yaml::Node& name, const yaml::Node& value) {
    m_sources[name.scalar] = m_file + ":" + std::to_string(name.mark.line);
    if (name.scalar == kClientUsers) return read_client_users(value);
    if (name.scalar == kSlackUsers) return read_slack_users(value);
    const auto key =
        std::find_if(keys().begin(), keys().end(), [&](const Key& k) { return k.name == name.scalar; });
    if (key == keys().end()) {
      std::vector<std::string> names{kClientUsers, kSlackUsers};
      for (const Key& known : keys()) names.push_back(known.name);
      return add(name.mark, "unknown key \"" + name.scalar + "\"" + util::did_you_mean(name.scalar, names));
    }
    if (key->clear) key->clear(m_settings);
    if (value.kind == yaml::Node::Kind::scalar) return read_value(*key, value);
    if (value.kind != yaml::Node::Kind::list || !key->clear)
      return add(value.mark, key->name + " must be " + (key->clear ? "a list" : "one value"));
    for (const yaml::Node& item : value.items) read_value(*key, item);
  }

  void read_value(const Key& key, const yaml::Node& value) {
    if (value.kind != yaml::Node::Kind::scalar) return add(value.mark, key.name + " must be text");
    try {
      key.set(m_settings, value.scalar);
    } catch (const util::UsageError& error) {
      add(value.mark, key.name + " " + error.what());
    }
  }

  void read_client_users(const yaml::Node& value) {
    read_users(value, "client_users must be a map: \"CN=alice,O=Example\": alice",
               m_settings.client_users.names);
  }

  void read_slack_users(const yaml::Node& value) {
    auto& users = m_settings.slack.users;
    read_users(value, "slack_users must be a map: {U012AB3CD: alice}", users);
    for (const auto& [id, user] : users) {
      if (!is_slack_id(id, "UW"))
        add(value.mark,
            "slack_users: \"" + util::visible(id) + "\" is not the id of a Slack user, such as U012AB3CD");
    }
  }

  void read_users(const yaml::Node& value, const char* form, std::map<std::string, std::string>& users) {
    if (value.kind != yaml::Node::Kind::map) return add(value.mark, form);
    for (const auto& [key, user] : value.entries) {
      if (user.kind != yaml::Node::Kind::scalar || user.scalar.empty()) {
        add(user.mark, "must be the name of a user");
      } else {
        users[key.scalar] = user.scalar;
      }
    }
  }

  std::string m_file;
  Settings& m_settings;
  Sources& m_sources;
  std::vector<yaml::Problem> m_problems;
};

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> kKeys = make_keys();
  return kKeys;
}

std::string flag_of(const Key& key) {
  std::string flag = "--" + key.name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool read_file(const std::string& path, Settings& settings, Sources& sources) {
  const auto text = util::read_trusted(path, kLongestFile);
  if (!text) return false;
  Reader(path, settings, sources).read(yaml::parse(*text, path));
  return true;
}

void show(const Settings& settings, const Sources& sources, const Visit& visit) {
  const auto show_one = [&](const std::string& name, const Json& value) {
    const auto source = sources.find(name);
    visit(name, value, source == sources.end() ? "built in" : source->second);
  };
  for (const Key& key : keys()) {
    // Beside what else is said of clients' certificates.
    if (key.name == "client_scopes") show_one(kClientUsers, settings.client_users.names);
    show_one(key.name, key.value(settings));
    if (key.name == "slack_team") show_one(kSlackUsers, settings.slack.users);
  }
}

}  // namespace jit::server

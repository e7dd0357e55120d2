#include "context/secret_options.hpp"

#include <algorithm>

#include "context/secret_shapes.hpp"
#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// How a program takes the value of an option. A long option's may always stand behind "=".
enum class Takes {
  attached,  // -pSECRET only: the next word is another argument
  next,      // -p SECRET only
  either,
};

struct SecretOption {
  std::string_view programs, options;  // separated by spaces
  Takes takes = Takes::either;
  std::string_view separator = {};   // the secret stands behind it: "user:SECRET"
  std::string_view subcommand = {};  // one of these words has to stand before the option
  std::string_view flags = {};       // letters that may stand before it in a bundle
};

// Which option of which program takes a secret, besides those whose name says it (--password). From the
// manual pages.
constexpr SecretOption kSecretOptions[] = {
    {"mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlbinlog mysqlpump mysqlsh "
     "mariadb mariadb-dump mariadb-admin mariadb-import mariadb-show mariadb-check mariadb-binlog",
     "-p", Takes::attached},
    {"sshpass", "-p"},
    {"curl", "-u --user -U --proxy-user", Takes::either, ":", "", "#0123456afgGiIjJklLMnNOpqRsSvVZ"},
    {"curl", "-b --cookie", Takes::either, "=", "", "#0123456afgGiIjJklLMnNOpqRsSvVZ"},
    {"http https httpie", "-a --auth", Takes::either, ":"},
    {"redis-cli", "-a --pass", Takes::next},
    {"mongosh mongo mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles", "-p"},
    {"docker podman nerdctl buildah skopeo oras helm az oc", "-p --password", Takes::either, "", "login"},
    {"openssl", "-passin -passout -pass", Takes::next, "pass:"},
    {"openssl", "-k -K", Takes::next, "", "enc"},
    {"openssl", "-passwd -srppass -psk", Takes::next},
    {"gh", "-b --body", Takes::either, "", "secret"},
    {"aws", "--secret-string --secret-binary", Takes::next, "", "secretsmanager"},
    {"aws", "--value", Takes::next, "", "put-parameter"},
    {"aws", "aws_secret_access_key aws_session_token", Takes::next, "", "configure"},
    {"az", "--value", Takes::next, "", "secret"},
    {"kubectl oc k3s microk8s", "--from-literal", Takes::next, "=", "secret"},
    {"nmcli", "password 802-11-wireless-security.psk wifi-sec.psk", Takes::next},
    {"npm yarn pnpm", "_authToken _auth _password", Takes::next},
    {"smbclient rpcclient smbpasswd net", "-U --user", Takes::either, "%"},
    {"ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapmodrdn ldapcompare", "-w"},
    {"ldappasswd", "-s -a"},
    {"snmpget snmpset snmpwalk snmpbulkwalk", "-A -X"},
    {"sqlcmd bcp ipmitool zip unzip mosquitto_pub mosquitto_sub", "-P"},
    {"7z 7za 7zr 7zz rar unrar", "-p", Takes::attached},
    {"cqlsh twine rdesktop", "-p"},
    {"lftp", "-u", Takes::either, ","},
};

// These ask for the password; the word behind the option is another argument.
constexpr std::string_view kAsksForPassword =
    "mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlbinlog mysqlpump mysqlsh "
    "mariadb mariadb-dump mariadb-admin mariadb-import mariadb-show mariadb-check mariadb-binlog psql "
    "pg_dump pg_dumpall pg_restore pg_basebackup createdb dropdb createuser dropuser vacuumdb reindexdb "
    "clusterdb pg_isready";
// Their operands are files, whatever these are called.
constexpr std::string_view kFileTools =
    "rm rmdir unlink shred cp mv ln install mkdir touch chmod chown chgrp truncate tee cat ls stat mount "
    "umount";
constexpr std::string_view kHttpClients = "curl wget http https httpie xh hey ab wrk vegeta websocat grpcurl";

std::string_view without_quotes(std::string_view word) {
  if (word.size() > 1 && (word[0] == '"' || word[0] == '\'') && word.ends_with(word[0]))
    return word.substr(1, word.size() - 2);
  return word;
}

bool is_letter_option(std::string_view option) {
  return option.size() == 2 && option[0] == '-';
}

// Where in `word` the value of `option` starts; the word's size when that is the next word; nullopt when it
// is another option.
std::optional<std::size_t> find_value(std::string_view word, std::string_view option,
                                      const SecretOption& row) {
  if (word == option) return row.takes == Takes::attached ? std::nullopt : std::optional(word.size());
  if (option.starts_with("--") && word.starts_with(option) && word[option.size()] == '=')
    return option.size() + 1;
  if (!is_letter_option(option) || word.size() < 3 || word[0] != '-' || word[1] == '-') return std::nullopt;
  const auto at = word.find(option[1], 1);
  if (at == std::string_view::npos ||
      word.substr(1, at - 1).find_first_not_of(row.flags) != std::string_view::npos)
    return std::nullopt;
  const bool attached = at + 1 < word.size();
  if (attached && (row.takes == Takes::next || word[at + 1] == '=')) return std::nullopt;
  return at + 1;
}

bool is_header_word(std::string_view word) {
  return word == "-H" || (word.starts_with("--") && (word.ends_with("header") || word.ends_with("headers")));
}

}  // namespace

SecretOptions::SecretOptions(const std::vector<std::string>& argv, const CommandSpecs& specs)
    : m_argv(argv), m_specs(specs), m_places(argv.size()) {
  const Unwrapped direct = unwrap(argv, specs);
  m_runs_another = direct.opaque || !direct.commands.empty();
  if (!m_runs_another) return;
  for (const auto& inner : unwrap_all(argv, specs).commands) m_names.insert(command_name(inner.argv));
  m_any_name = m_names.empty();
}

std::vector<Place> SecretOptions::places() {
  Command all;
  for (std::size_t i = 0; i < m_argv.size(); ++i) all.push_back({i, 0, m_argv[i].size()});
  for (std::size_t i = 0; i < m_argv.size(); ++i) {
    m_places[i].extent = m_runs_another ? Extent::word : Extent::whole;
    if (i > 0) m_places[i].operand = !m_argv[i - 1].starts_with('-') || m_argv[i - 1] == "--";
    if (i > 0) m_places[i].header = is_header_word(m_argv[i - 1]);
    if (m_runs_another) read_texts(i, 0, m_argv[i].size(), 0);
  }
  read_command(all);
  for (auto& place : m_places) {
    std::sort(place.values.begin(), place.values.end());
    std::sort(place.plain.begin(), place.plain.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
  }
  return std::move(m_places);
}

// The simple commands of shell text, roughly: where a command ends is what matters, so that one's options are
// not taken for another's.
void SecretOptions::read_texts(std::size_t element, std::size_t start, std::size_t end, int depth) {
  constexpr int kMaxDepth = 3;
  const std::string_view whole = m_argv[element];
  if (depth >= kMaxDepth || whole.substr(start, end - start).find_first_of(" \t\n") == std::string_view::npos)
    return;
  Command command;
  std::size_t word = start;
  char quote = 0;
  const auto end_word = [&](std::size_t at) {
    if (at > word) command.push_back({element, word, at});
    word = at + 1;
  };
  for (std::size_t at = start; at <= end; ++at) {
    const char c = at < end ? whole[at] : ';';
    if (at < end && quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\\') {
      ++at;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (std::string_view(" \t<>").find(c) != std::string_view::npos) {
      end_word(at);
    } else if (std::string_view(";|&()`\n").find(c) != std::string_view::npos) {
      end_word(std::min(at, end));
      read_command(command);
      for (const auto& part : command) {
        if (without_quotes(text(part)).size() < text(part).size())
          read_texts(element, part.start + 1, part.end - 1, depth + 1);
      }
      command.clear();
    }
  }
}

void SecretOptions::note_program(std::string_view word, bool first) {
  word = without_quotes(word);
  const std::string_view name = word.substr(word.rfind('/') + 1);
  const bool named = m_runs_another && (m_any_name || m_names.contains(name));
  if (!first && !named) return;
  m_words = 0;
  if (name == m_program) return;
  m_program = name;
  m_rows.clear();
  for (std::size_t i = 0; i < std::size(kSecretOptions); ++i) {
    if (is_listed(name, kSecretOptions[i].programs)) m_rows.push_back(i);
  }
  m_http_client = is_listed(name, kHttpClients);
  m_file_tool = is_listed(name, kFileTools);
}

void SecretOptions::read_command(const Command& command) {
  for (std::size_t i = 0; i < command.size(); ++i) {
    const std::string_view word = text(command[i]);
    note_program(word, i == 0 && command[i].element == 0 && command[i].start == 0);
    const bool whole_word = command[i].end - command[i].start == m_argv[command[i].element].size();
    if (i == 0) continue;
    ++m_words;
    read_option(command, i);
    read_any_option(command, i);
    Place& place = m_places[command[i].element];
    if (whole_word && m_http_client) place.http_client = true;
    const bool one_word = !m_runs_another || word.find_first_of(" \t\n;|&`$()") == std::string_view::npos;
    if (m_file_tool && !word.starts_with('-') && one_word)
      place.plain.push_back({command[i].start, command[i].end});
  }
  if (!command.empty()) read_last_operand(command);
}

// Hides `word` from `offset` on, or what stands behind the separator there.
void SecretOptions::add(const Word& word, std::size_t offset, std::string_view separator) {
  std::size_t start = word.start + offset;
  const std::string_view rest = text(word).substr(std::min(offset, word.end - word.start));
  if (!separator.empty()) {
    const auto at = rest.find(separator);
    // "pass:x" is one word of a kind; "user:x" has a name before.
    const bool first = at <= (rest.starts_with('"') || rest.starts_with('\'') ? 1U : 0U);
    if (at == std::string_view::npos || (separator.size() > 1 && !first)) return;
    start += at + separator.size();
  }
  m_places[word.element].values.push_back(start);
}

// Whether one of the words between the program's name and word `i` is it: not far behind the name.
bool SecretOptions::has_subcommand(const Command& command, std::size_t i, std::string_view subcommand) const {
  constexpr std::size_t kMaxGlobalOptions = 16;
  const std::size_t first = i - std::min(i, m_words);
  for (std::size_t k = first; k < std::min(i, first + kMaxGlobalOptions); ++k) {
    if (is_listed(text(command[k]), subcommand)) return true;
  }
  return false;
}

void SecretOptions::read_option(const Command& command, std::size_t i) {
  const std::string_view word = text(command[i]);
  for (const std::size_t number : m_rows) {
    const SecretOption& row = kSecretOptions[number];
    const bool applies = row.subcommand.empty() || has_subcommand(command, i, row.subcommand);
    std::string_view options = applies ? row.options : std::string_view{};
    while (!options.empty()) {
      const std::string_view option = options.substr(0, options.find(' '));
      options.remove_prefix(std::min(option.size() + 1, options.size()));
      const auto value = find_value(word, option, row);
      if (!value) continue;
      if (*value < word.size()) {
        add(command[i], *value, row.separator);
      } else if (i + 1 < command.size()) {
        add(command[i + 1], 0, row.separator);
      }
      break;
    }
  }
}

// The word after --password. One that looks like an option is none: hiding it could hide what a rule looks
// for.
void SecretOptions::read_any_option(const Command& command, std::size_t i) {
  const std::string before(text(command[i - 1]));
  const std::string_view word = text(command[i]);
  if (i < 2 || !before.starts_with('-') || before.find('=') != std::string::npos || word.starts_with('-'))
    return;
  const bool reads_elsewhere = before.ends_with("-stdin") || before.ends_with("-file");
  if (reads_elsewhere || !names_next_word_secret(before) || looks_like_path(without_quotes(word))) return;
  const bool is_other_letters = !before.starts_with("--");  // "-pass" is -p with a value for these
  if ((before == "--password" || is_other_letters) && is_listed(m_program, kAsksForPassword)) return;
  // What runs is no secret, and an approver has to see it.
  if (m_names.contains(without_quotes(word).substr(without_quotes(word).rfind('/') + 1))) return;
  for (const std::string_view program : {m_program, std::string_view(text(command[0]))}) {
    const CommandSpec* spec = m_specs.find(program.substr(program.rfind('/') + 1));
    if (spec != nullptr && std::find(spec->flags.begin(), spec->flags.end(), before) != spec->flags.end())
      return;
  }
  add(command[i], 0, "");
}

// htpasswd -b FILE USER SECRET
void SecretOptions::read_last_operand(const Command& command) {
  if (m_program != "htpasswd" || m_words < 3) return;
  const auto batch = std::find_if(command.begin(), command.end(), [&](const Word& word) {
    const auto option = text(word);
    return option.starts_with('-') && option.find('b') != std::string_view::npos;
  });
  if (batch != command.end() && !text(command.back()).starts_with('-')) add(command.back(), 0, "");
}

}  // namespace jit::context

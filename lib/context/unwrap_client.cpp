// Clients of databases, whose own commands run programs: psql's `\!`, mysql's `system`, sqlite3's `.shell`.
#include <algorithm>
#include <cctype>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

constexpr std::string_view kBlank = " \t\n\v\f\r";
// Of places in one text where a command may start: each may be read to the end of the text.
constexpr std::size_t kMostPlaces = 16;
constexpr std::string_view kWordEnd = " \t\n\v\f\r\\";

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::string_view trimmed_left(std::string_view text, std::string_view of = kBlank) {
  return text.substr(std::min(text.find_first_not_of(of), text.size()));
}

bool is_name_char(char c) {
  return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Where `name` stands as a word of its own; both in lower case.
std::size_t find_name(std::string_view text, std::string_view name, std::size_t from = 0) {
  for (auto at = text.find(name, from); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !is_name_char(text[at - 1])) && (end == text.size() || !is_name_char(text[end])))
      return at;
  }
  return std::string_view::npos;
}

bool is_stdin(std::string_view file) {
  return file == "-" || file.starts_with("/dev/") || file.starts_with("/proc/");
}

// What stands in the quotes that `text` starts with, '' for one of them.
std::string unquoted(std::string_view text) {
  std::string result;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\'' && (i + 1 >= text.size() || text[++i] != '\'')) break;
    result += text[i];
  }
  return result;
}

// In a literal for certain: nothing before it could mislead who counts the quotes.
bool is_in_literal(std::string_view before) {
  for (const std::string_view doubt : {"\\", "$", "--", "/*", "\""}) {
    if (before.find(doubt) != std::string_view::npos) return false;
  }
  return std::count(before.begin(), before.end(), '\'') % 2 == 1;
}

// COPY … PROGRAM 'TEXT', of the server or of psql's \copy.
void read_copy(std::string_view text, Unwrapper& unwrapper, bool remote) {
  const std::string lower = lower_case(text);
  if (find_name(lower, "copy") == std::string::npos) return;
  constexpr std::string_view kProgram = "program";
  std::size_t places = 0;
  for (auto at = find_name(lower, kProgram); at != std::string::npos;
       at = find_name(lower, kProgram, at + 1)) {
    if (++places > kMostPlaces) return unwrapper.set_opaque();
    if (is_in_literal(text.substr(0, at))) continue;
    const std::string_view rest = trimmed_left(text.substr(at + kProgram.size()));
    if (rest.starts_with('\'')) {
      const std::string program = unquoted(rest);
      if (program.find('\\') != std::string::npos) unwrapper.set_opaque();
      unwrapper.add_text(program, false, remote);
    } else if (remote && !rest.empty() &&
               std::string_view("eEuU$/-").find(rest[0]) != std::string_view::npos) {
      unwrapper.set_opaque();  // E'…', U&'…', $$…$$, or a comment in between
    }
  }
}

// "|TEXT", also in quotes, where psql takes the name of a file.
void read_psql_pipe(std::string_view argument, Unwrapper& unwrapper) {
  argument = trimmed_left(argument);
  if (argument.starts_with('(')) {  // \g (format=csv) |TEXT
    argument = trimmed_left(argument.substr(std::min(argument.find(')'), argument.size() - 1) + 1));
  }
  if (argument.starts_with('|')) return unwrapper.add_text(argument.substr(1), false);
  const std::string quoted = argument.starts_with('\'') ? unquoted(argument) : "";
  if (argument.find('|') != std::string_view::npos || quoted.find('\\') != std::string::npos)
    unwrapper.set_opaque();
  if (quoted.starts_with('|')) unwrapper.add_text(quoted.substr(1), false);
  // A variable may hold all of it.
  if (argument.find(':') != std::string_view::npos) unwrapper.set_opaque();
}

// Commands that run no program, whatever their arguments; those with \d and \l in front are not listed.
constexpr std::string_view kHarmlessPsql =
    "? a bind c C cd close_prepared connect conninfo copyright crosstabview echo elif else encoding endif "
    "errverbose f gdesc getenv gexec gset h H help if p parse password print prompt pset q qecho quit r "
    "reset restrict s set sf sf+ sv sv+ t T timing unrestrict unset warn watch x z zS";
constexpr std::string_view kPiped = "g gx o out w write";

// The text behind a backslash that is a command for certain (`known`), or that may be one.
void read_psql_command(std::string_view text, Unwrapper& unwrapper, bool known) {
  if (text.starts_with('!')) return unwrapper.add_text(text.substr(1), false);
  const std::string_view verb = text.substr(0, text.find_first_of(kWordEnd));
  const std::string_view rest = text.substr(verb.size());
  if (const auto bar = verb.find('|');
      bar != std::string_view::npos && is_listed(verb.substr(0, bar), kPiped))
    return unwrapper.add_text(text.substr(bar + 1), false);  // "\o|TEXT" of old versions
  if (verb == "copy") return read_copy(text, unwrapper, false);
  if (!known) {
    if (is_listed(verb, kPiped) && trimmed_left(rest).starts_with('|')) read_psql_pipe(rest, unwrapper);
    return;
  }
  if (is_listed(verb, kPiped)) return read_psql_pipe(rest, unwrapper);
  const bool lists = verb.starts_with('d') || verb.starts_with('l');
  if (!lists && !is_listed(verb, kHarmlessPsql)) unwrapper.set_opaque();
}

// psql -c takes one command of its own, which the backslash is the first letter of, or SQL.
void read_psql(std::string_view text, Unwrapper& unwrapper) {
  if (text.starts_with('\\')) {
    read_psql_command(text.substr(1), unwrapper, true);
    // `TEXT` is run for its output.
    for (auto at = text.find('`'); at != std::string_view::npos; at = text.find('`', at + 1)) {
      const auto end = std::min(text.find('`', at + 1), text.size());
      unwrapper.add_text(text.substr(at + 1, end - at - 1), false);
      unwrapper.set_opaque();
      at = end;
      if (at == text.size()) break;
    }
    return;
  }
  read_copy(text, unwrapper, true);
  bool quoted = false;
  std::size_t places = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (text[i] != '\\' || quoted) continue;
    if (++places > kMostPlaces) return unwrapper.set_opaque();
    read_psql_command(text.substr(i + 1), unwrapper, false);
  }
}

void unwrap_psql(Unwrapper& unwrapper) {
  constexpr std::string_view kShorts = "cdfFhLoPpRTUv";
  for_each_value(unwrapper, "-c --command", kShorts,
                 [&](std::string_view text) { read_psql(text, unwrapper); });
  for_each_value(unwrapper, "-o --output", kShorts, [&](std::string_view file) {
    if (trimmed_left(file).starts_with('|')) unwrapper.add_text(trimmed_left(file).substr(1), false);
  });
  // A prompt runs what stands in backquotes.
  for_each_value(unwrapper, "-v --set --variable", kShorts, [&](std::string_view setting) {
    if (setting.find('`') != std::string_view::npos) unwrapper.set_opaque();
  });
  for_each_value(unwrapper, "-f --file", kShorts, [&](std::string_view file) {
    if (is_stdin(file)) unwrapper.set_opaque();
  });
}

// A command of mysql's own by its name, at the start of a statement: to the end of its line. False: none.
bool read_mysql_name(std::string_view text, Unwrapper& unwrapper) {
  constexpr std::size_t kLongestCommand = 7;  // "source", "system", and what follows
  const std::string_view start = text.substr(0, kLongestCommand);
  const std::string_view name = start.substr(0, start.find_first_of(" \t\n;"));
  const std::string lower = lower_case(name);
  if (lower == "source" || lower == "edit") unwrapper.set_opaque();
  if (lower != "system" && lower != "pager") return false;
  std::string_view line = text.substr(name.size(), std::min(text.find('\n'), text.size()) - name.size());
  while (!line.empty() && (line.back() == ';' || kBlank.find(line.back()) != std::string_view::npos))
    line.remove_suffix(1);
  if (!line.empty()) unwrapper.add_text(line, false);
  return true;
}

// "\!TEXT" and its like. The shell gets what follows the first blank, wherever that is.
void read_mysql_letter(std::string_view text, bool quoted, Unwrapper& unwrapper) {
  const char letter = text.empty() ? ' ' : text[0];
  if (letter != '!' && letter != 'P') {
    if (!quoted && (letter == '.' || letter == 'e')) unwrapper.set_opaque();
    return;
  }
  const std::string_view line = text.substr(1, std::min(text.find('\n'), text.size()) - 1);
  if (letter == 'P' && (quoted || trimmed_left(line).empty())) return;
  unwrapper.add_text(line, false);
  if (const auto blank = line.find(' '); blank != std::string_view::npos && blank > 0)
    unwrapper.add_text(line.substr(blank), false);
}

void read_mysql(std::string_view text, Unwrapper& unwrapper) {
  // What is in quotes is sure only where no comment and no escaped quote can mislead.
  bool sure = true;
  for (const std::string_view doubt : {"--", "#", "/*", "\\'", "\\\"", "\\`"})
    sure = sure && text.find(doubt) == std::string_view::npos;
  if (find_name(lower_case(text), "delimiter") != std::string::npos) unwrapper.set_opaque();
  char quote = 0;
  bool start = true;
  std::size_t places = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (places > kMostPlaces) return unwrapper.set_opaque();
    if (quote == 0 && start && is_name_char(c) && read_mysql_name(text.substr(i), unwrapper)) ++places;
    if (c == '\\') {
      places += text.substr(i + 1, 1).find_first_of("!P") == 0 ? 1 : 0;
      read_mysql_letter(text.substr(i + 1), quote != 0, unwrapper);
      ++i;
      start = true;
    } else if (sure && (quote != 0 ? c == quote : c == '\'' || c == '"' || c == '`')) {
      quote = quote == 0 ? c : static_cast<char>(0);
      start = false;
    } else if (c == ';' || c == '\n' || (!sure && c == '/')) {
      start = true;
    } else if (kBlank.find(c) == std::string_view::npos) {
      start = false;
    }
  }
}

void unwrap_mysql(Unwrapper& unwrapper) {
  for_each_value(unwrapper, "-e --execute", "DhPpSu",
                 [&](std::string_view text) { read_mysql(text, unwrapper); });
  for_each_value(unwrapper, "--pager=", "", [&](std::string_view text) { unwrapper.add_text(text, false); });
}

// The words of a dot-command: blanks part them, quotes hold them together.
std::vector<std::string> dot_words(std::string_view text) {
  std::vector<std::string> words;
  for (text = trimmed_left(text); !text.empty(); text = trimmed_left(text)) {
    const bool quoted = text[0] == '\'' || text[0] == '"';
    const auto end = quoted ? text.find(text[0], 1) : text.find_first_of(kBlank);
    words.emplace_back(text.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)));
    text.remove_prefix(std::min(end == std::string_view::npos ? end : end + 1, text.size()));
  }
  return words;
}

// As sqlite3 hands them to the shell.
std::string joined_words(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) {
    const bool quotes = words[i].find(' ') != std::string::npos;
    text += (i == from ? "" : " ") + (quotes ? '"' + words[i] + '"' : words[i]);
  }
  return text;
}

bool begins_one_of(std::string_view verb, std::string_view names) {
  for (; !names.empty(); names.remove_prefix(std::min(names.find(' '), names.size() - 1) + 1)) {
    if (!verb.empty() && names.substr(0, names.find(' ')).starts_with(verb)) return true;
  }
  return false;
}

// What may be shortened: what runs a program, or reads commands; what can, where its argument starts with a
// bar; and what cannot.
constexpr std::string_view kDotShell = "shell system";
constexpr std::string_view kDotDoubtful = "load excel www edit read";
constexpr std::string_view kDotPiped = "output once import";
constexpr std::string_view kDotHarmless =
    "archive auth backup bail binary cd changes check clone connection crlf databases dbconfig dbinfo "
    "dbtotxt dump "
    "echo eqp exit expert explain filectrl fullschema headers help indexes indices intck limit lint log mode "
    "nullvalue open parameter print progress prompt quit recover restore save scanstats schema separator "
    "sha3sum show stats tables timeout timer version vfsinfo vfslist vfsname width";

void read_dot_command(std::string_view text, Unwrapper& unwrapper) {
  const auto words = dot_words(text.substr(1));
  const std::string_view verb = words.empty() ? std::string_view{} : std::string_view(words[0]);
  const bool escaped = text.find('\\') != std::string_view::npos;
  if (text.find('\n') != std::string_view::npos) unwrapper.set_opaque();
  if (begins_one_of(verb, kDotShell)) {
    if (escaped) unwrapper.set_opaque();
    return unwrapper.add_text(joined_words(words, 1), false);
  }
  const bool piped = begins_one_of(verb, kDotPiped);
  const bool import = begins_one_of(verb, "import");
  for (std::size_t i = 1; i < words.size() && (piped || begins_one_of(verb, "read")); ++i) {
    // Options of .once start an editor, a spreadsheet or a browser.
    if (escaped || (words[i].starts_with('-') && !import)) unwrapper.set_opaque();
    if (!words[i].starts_with('|')) continue;
    std::string program = words[i].substr(1);
    for (++i; i < words.size() && !import; ++i) program += " " + words[i];
    return unwrapper.add_text(program, false);
  }
  if (!piped && (begins_one_of(verb, kDotDoubtful) || !begins_one_of(verb, kDotHarmless)))
    unwrapper.set_opaque();
}

// SQL functions of sqlite3's own that start an editor, or load code.
void read_sqlite(std::string_view text, Unwrapper& unwrapper) {
  if (text.starts_with('.')) return read_dot_command(text, unwrapper);
  const std::string lower = lower_case(text);
  const bool calls = text.find('(') != std::string_view::npos;
  for (const std::string_view name : {"edit", "load_extension"}) {
    if (calls && find_name(lower, name) != std::string::npos) unwrapper.set_opaque();
  }
  std::size_t places = 0;
  for (auto at = text.find("\n."); at != std::string_view::npos; at = text.find("\n.", at + 1)) {
    if (++places > kMostPlaces) return unwrapper.set_opaque();
    read_dot_command(text.substr(at + 1), unwrapper);
  }
}

// sqlite3 [options] FILE [command]...; options may stand anywhere, with one dash or two.
void unwrap_sqlite(Unwrapper& unwrapper) {
  constexpr std::string_view kWithValue =
      "init separator nullvalue newline heap maxsize mmap vfs nonce f storage-version";
  bool file = false;
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    std::string_view word = unwrapper.word(i);
    if (!word.starts_with('-')) {
      if (file) read_sqlite(word, unwrapper);
      file = true;
      continue;
    }
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    if (word == "A" || word.starts_with('A')) return;  // the rest is for .archive
    if (is_listed(word, "cmd c s")) {
      read_sqlite(unwrapper.word(++i), unwrapper);
    } else if (word == "lookaside" || word == "pagecache") {
      i += 2;
    } else if (is_listed(word, kWithValue)) {
      if (is_stdin(unwrapper.word(++i)) && is_listed(word, "init f")) unwrapper.set_opaque();
    }
  }
}

}  // namespace

bool unwrap_client(std::string_view name, Unwrapper& unwrapper) {
  if (is_listed(name, "psql ysqlsh")) {
    unwrap_psql(unwrapper);
  } else if (is_listed(name, "mysql mariadb")) {
    unwrap_mysql(unwrapper);
  } else if (is_listed(name, "sqlite3 sqlite duckdb")) {
    unwrap_sqlite(unwrapper);
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context

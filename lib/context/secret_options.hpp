#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "context/command_line.hpp"
#include "context/secrets.hpp"

namespace jit::context {

/// Which words of a command line are secrets because of the option or the place they stand at: `-pSECRET` of
/// mysql, the word after --password. Also in shell text inside a word, when the command runs another one.
class SecretOptions {
 public:
  /// `runs_another`: the names of the commands that this one runs count as programs, too.
  SecretOptions(const std::vector<std::string>& argv, const CommandSpecs& specs);

  /// What is known of each word.
  std::vector<Place> places();

 private:
  // A word of the command line, or of shell text in it.
  struct Word {
    std::size_t element, start, end;
  };
  using Command = std::vector<Word>;

  std::string_view text(const Word& word) const {
    return std::string_view(m_argv[word.element]).substr(word.start, word.end - word.start);
  }
  void read_texts(std::size_t element, std::size_t start, std::size_t end, int depth);
  void read_command(const Command& command);
  void note_program(std::string_view word, bool first);
  bool has_subcommand(const Command& command, std::size_t i, std::string_view subcommand) const;
  void read_option(const Command& command, std::size_t i);
  void read_any_option(const Command& command, std::size_t i);
  void read_last_operand(const Command& command);
  void add(const Word& word, std::size_t offset, std::string_view separator);

  const std::vector<std::string>& m_argv;
  const CommandSpecs& m_specs;
  std::vector<Place> m_places;
  std::set<std::string, std::less<>> m_names;  // of what runs
  bool m_runs_another = false, m_any_name = false;
  std::string_view m_program;
  std::vector<std::size_t> m_rows;  // of the table, for the program
  bool m_http_client = false, m_file_tool = false;
  std::size_t m_words = 0;  // since the program's name
};

}  // namespace jit::context

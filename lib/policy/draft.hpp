#pragma once
#include <compiled_generated.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/reader.hpp"
#include "policy/test_case.hpp"
#include "util/trusted_file.hpp"
#include "yaml/document.hpp"

namespace jit::policy {

/// Where in the files of a set something is said.
struct Place {
  std::string file;
  yaml::Node node;  // a scalar, or a map or list without its parts: for its mark
};

/// A policy set while its files are read.
struct Draft {
  compiled::SetT set;
  std::vector<TestCase> tests;
  std::vector<yaml::Problem> problems;

  /// Where each name was first given a meaning. Names belong to the whole set.
  std::map<std::string, Place> rules, groups, commands, channels, systems;
  std::map<std::string, std::pair<Place, std::string>> sources;  // of warnings, and all that was said of it
  std::optional<Place> allowed_signers, revoked_signers, link;
  /// What can be checked only when all files are read.
  std::vector<std::pair<Place, Requirement::Seats>> seats;
  std::vector<std::pair<Place, std::string>> captured;  // variables that rules and tests read
  std::vector<std::pair<Place, std::string>> expected;  // rules that tests name
  std::vector<std::pair<Place, std::string>> told;      // channels that rules name
  std::vector<std::pair<Place, std::string>> warned;    // paths of `warnings` that rules read
  std::vector<std::pair<Place, std::string>> about;     // systems that tests name
  // Where only signed approvals count, and whose.
  std::vector<std::pair<Place, std::vector<Requirement::Seats>>> only_signed;
  std::set<std::string> signers;  // who may sign

  /// The index of a path in `set.paths`.
  std::uint32_t path_index(const std::string& path);

 private:
  std::map<std::string, std::uint32_t> m_paths;
};

inline Place place_of(const Reader& reader, const yaml::Node& node) {
  yaml::Node mark;
  mark.mark = node.mark;
  return {reader.file(), mark};
}

/// What is said at `key` was said otherwise elsewhere: notes the problem.
void note_conflict(Reader& reader, const yaml::Node& key, const std::string& what, const Place& first);

/// The parts of a file. Each reads what it can and notes what is wrong.
void read_file(Reader& reader, const yaml::Node& root, Draft& draft);
void read_rule(Reader& reader, const yaml::Node& node, Draft& draft, compiled::FileT& file);
void read_freeze(Reader& reader, const yaml::Node& node, Draft& draft);
/// The name of a rule or freeze, which no other has.
void read_rule_name(Reader& reader, const yaml::Node& node, Draft& draft, compiled::RuleT& rule);
std::unique_ptr<compiled::MatchT> read_match(Reader& reader, const yaml::Node& node, Draft& draft);
/// The key `preview` of a rule.
std::unique_ptr<compiled::PreviewT> read_preview(Reader& reader, const yaml::Node& node, Draft& draft);
void read_command(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft);
/// Words in which {path} stands for a value of the context. `what` is filled in: "the preview".
std::unique_ptr<compiled::PreviewWordT> read_template(Reader& reader, const yaml::Node& node,
                                                      const std::string& text, Draft& draft,
                                                      const char* what);
void read_source(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft);
void read_system(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft);
void read_channel(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft);
void read_link(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft);
/// The names of channels that a rule tells.
std::vector<std::string> read_channel_names(Reader& reader, const yaml::Node& node, const std::string& what,
                                            Draft& draft);
void read_escalate(Reader& reader, const yaml::Node& node, Draft& draft, compiled::RequirementT& requirement);
void read_test(Reader& reader, const yaml::Node& node, Draft& draft);
/// The files `allowed_signers` and `revoked_signers`, which are read here to say what is wrong with them.
void read_signers(Reader& reader, const yaml::Node& root, Draft& draft);
/// A file's identity as it is kept.
compiled::Identity packed(const util::FileIdentity& identity);
/// The value of `from`, in a rule or in what a test expects.
std::vector<Requirement::Seats> read_from(Reader& reader, const yaml::Node& node, Draft& draft);

/// What an ask is without `approval`.
std::unique_ptr<compiled::RequirementT> default_requirement();
void pack_from(const std::vector<Requirement::Seats>& from, compiled::RequirementT& requirement);

/// Makes a group of each system's owners, and notes what is wrong about those that rules ask for. Before the
/// seats are checked.
void check_owners(Draft& draft);
/// Notes the problems that show only when all files are read.
void check_whole(Draft& draft);

/// The names that a match map needs a command to have; empty when a command of another name may match.
std::vector<std::string> required_names(const compiled::SetT& set, const compiled::MatchT& match);
/// Whether it reads the subcommand or an option.
bool reads_words(const compiled::SetT& set, const compiled::MatchT& match);
/// Whether it reads what follows from the systems that a command is about.
bool reads_systems(const compiled::SetT& set, const compiled::MatchT& match);

}  // namespace jit::policy

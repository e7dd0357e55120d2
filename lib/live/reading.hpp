#pragma once
#include <map>
#include <string>
#include <vector>

#include "live/source.hpp"

namespace jit::live {

/// What the kinds share in reading answers. All throw util::Error.

/// Foreign JSON of at most 4 MiB.
util::Json parse_answer(const std::string& body);
/// The member of an object; nullptr where there is none.
const util::Json* find_member(const util::Json& object, const char* key);
/// A text member; "" where it is not there, or null. `what` is the object in the message.
std::string text_member(const util::Json& object, const char* key, const char* what);

/// An object of texts as labels, within bounds; those whose names are not printable ASCII are left out.
std::map<std::string, std::string> labels_of(const util::Json& object, const char* what);

/// The severity of something whose own word for it is `word` ("" for none), as the source's setting
/// `severity` has it: {"fixed": "warning"}, or {"label": "priority", "critical": ["P1"], …}.
Severity severity_of(const std::string& word, const util::Json& settings);
/// The same by the label that holds it.
Severity severity_of(const std::map<std::string, std::string>& labels, const util::Json& settings);

/// What a person makes of labels that come without a summary: `up (instance=db1, job=node)`.
std::string summary_of(const std::map<std::string, std::string>& labels);

/// A list of {"severity", "summary", "since", "labels"}, or one of them; a severity's word alone; or, where
/// the severity is fixed, a value that is true, not 0 and not empty.
std::vector<Notice> read_notices(const util::Json& json, const util::Json& settings);

/// Throws where there are more than kMostNotices.
void require_few(std::size_t count);

}  // namespace jit::live

#pragma once
#include <string>

#include "audit/chain.hpp"

namespace jit::audit {

/// The trail for a spreadsheet (RFC 4180, each record one line that ends in CR LF). Text is made visible, and
/// what a spreadsheet would take for a formula starts with an apostrophe: this form is for reading, the other
/// for verifying.
std::string csv_header();
std::string csv_record(const Entry& entry);

}  // namespace jit::audit

#pragma once
#include <string>
#include <string_view>

namespace jit::notify {

/// For HTML text and attributes.
std::string html(std::string_view text);
/// Slack's three control characters, in a text that is not a plain_text object.
std::string slack_text(std::string_view text);
/// CommonMark: each character of ASCII punctuation behind a backslash, so that it means itself.
std::string markdown(std::string_view text);
/// The same where "@" calls people whatever stands before it: it becomes U+FF20, which looks like it and
/// calls nobody.
std::string markdown_without_mentions(std::string_view text);

}  // namespace jit::notify

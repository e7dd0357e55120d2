#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jit::util {

/// Takes one code point off the front of `text`; nullopt, and nothing taken, where no valid UTF-8 sequence
/// starts (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
std::optional<char32_t> take_code_point(std::string_view& text);
bool is_utf8(std::string_view bytes);

/// UTF-8 text for any bytes: those that are not UTF-8 become `\xNN`. Not reversible by itself; keep
/// hex(bytes) too.
std::string escape_invalid_utf8(std::string_view bytes);

/// What a person sees of foreign text: one line, with every control character, bidi control, zero-width, tag
/// and look-alike character made visible (`\x1b`, `\n`, `\u{202e}`), never stripped; `\` itself stays as it
/// is.
std::string visible(std::string_view text);
/// True when `visible` shows something that a reader could take for another text (bidi, zero-width,
/// look-alikes).
bool is_deceptive(std::string_view text);

/// One word quoted for /bin/sh, only where it needs it: `a b` is `'a b'`, the empty word `''`.
std::string shell_quote(std::string_view word);
/// A whole command line, each word quoted where it needs it. Reading it back with a shell gives the same
/// argv.
std::string shell_line(const std::vector<std::string>& argv);

/// Lower-case hexadecimal, and back (nullopt when it is not).
std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view text);

std::string join(const std::vector<std::string>& words, std::string_view separator);

/// "1 rule", "3 rules".
std::string counted(std::size_t count, const std::string& noun);

/// The candidate that a typo of `word` most likely meant; nullopt when none is near.
std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& candidates);
/// ` (did you mean "allow"?)`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace jit::util

#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "util/json.hpp"

namespace jit::context {

/// Puts bytes at a place of a context ("host.name"), so that what is not UTF-8 is noted.
using PutText = std::function<void(util::Json& place, const std::string& path, std::string_view bytes)>;

/// Section "user": the kernel's word on who runs this. `login` is the audit login (loginuid), which su and
/// sudo do not change; `sudo_user` is $SUDO_USER only where that login confirms it. $USER and $LOGNAME are
/// not read.
util::Json user_section(const PutText& put);
/// Section "host".
util::Json host_section(const PutText& put);
/// The home directory that the user database names; "/" when it names none. $HOME is not read.
std::string home_of_user();

}  // namespace jit::context

#pragma once
#include "http/transfers.hpp"
#include "util/json.hpp"

namespace jit::http {

/// Who one is to the server, from the settings token_file, ca_file, client_cert and client_key. A token is
/// read from a file of mode 0600 (or stricter) that belongs to this user; it holds one line. Without the
/// setting, $XDG_CONFIG_HOME/jit-run/token where that exists. Throws UsageError, which never shows the token.
Identity load_identity(const Endpoint& endpoint, const util::Json& settings);

}  // namespace jit::http

#pragma once
#include <string>
#include <vector>

namespace jit::server {

/// The listening sockets that systemd opened for this process (sd_listen_fds(3)); none when it was not
/// started so.
std::vector<int> inherited_sockets();

/// Tells systemd a state, such as "READY=1" (sd_notify(3)). Nothing happens when nobody asked to be told.
void notify_manager(const std::string& state);

}  // namespace jit::server

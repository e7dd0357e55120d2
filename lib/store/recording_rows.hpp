#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "approval/request.hpp"
#include "store/database.hpp"

namespace jit::store {

/// The recordings of sessions: each is the pieces that were added to it, in order (see Store). ASCII, so that
/// a character is a byte.
void append_recording(Database& database, const approval::RequestId& id, int use, std::size_t start,
                      const std::string& bytes);
std::vector<std::string> recorded_requests(Database& database);
std::vector<int> recorded_uses(Database& database, const approval::RequestId& id);
std::size_t recording_size(Database& database, const approval::RequestId& id, int use);
void read_recording(Database& database, const approval::RequestId& id, int use,
                    const std::function<void(std::string_view)>& visit);

}  // namespace jit::store

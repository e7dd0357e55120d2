#pragma once
#include <string>
#include <vector>

#include "terminal/facts.hpp"
#include "terminal/sheet.hpp"
#include "util/json.hpp"

namespace jit::terminal {

/// "3 requests in 24 hours, 1 denied; 9 in 7 days, 2 denied, 1 break-glass", of who asks; empty where nothing
/// is known of it.
std::string activity_counts(const util::Json& context);
/// "7k3mq2vd by bob on payments-db: started", one another request about the same systems.
std::vector<std::string> requests_in_flight(const util::Json& context);
/// Takes and shows both, and how the same command ended before.
void show_activity(Sheet& sheet, Facts& facts);
/// That another change is running, in words.
std::vector<std::string> activity_warnings(const util::Json& context);

}  // namespace jit::terminal

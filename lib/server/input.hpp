#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "server/message.hpp"
#include "util/error.hpp"

namespace jit::server {

/// What is wrong with what was sent. Not an error of ours: it is thrown to become the answer.
struct Bad {
  Reply reply;
};

/// Throws Bad, a 400.
[[noreturn]] void bad(const std::string& detail, const std::string& hint = {});

/// Runs what reads something that was sent: its errors are the sender's.
template <typename Read>
auto read(const Read& reading) {
  try {
    return reading();
  } catch (const util::Error& error) {
    bad(error.what(), error.hint());
  } catch (const util::Json::exception&) {
    bad("the body is not of the form that is described in /openapi.json");
  }
}

/// A value of the target's query; "" where it is not there.
std::string value_of(const Target& target, const char* name);
/// The same as a number; Bad when it is none, or not from `least` to `most`.
std::int64_t number_of(const Target& target, const char* name, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most);

}  // namespace jit::server

#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "approval/request.hpp"

namespace sample {

using jit::util::Json;

inline const jit::util::Time kNow = *jit::util::parse_rfc3339("2026-11-22T10:14:00Z");

inline Json context(const std::vector<std::string>& argv) {
  return {{"command",
           {{"argv", argv},
            {"name", argv.empty() ? "" : argv.front()},
            {"path", "/usr/bin/kubectl"},
            {"sha256", std::string(64, 'a')},
            {"cwd", "/srv/payments"},
            {"files", Json::array()}}},
          {"user",
           {{"name", "alice"},
            {"uid", 1000},
            {"groups", {"dev", "ops"}},
            {"login", "alice"},
            {"sudo_user", nullptr}}},
          {"host", {{"name", "bastion-1"}, {"os", "Debian GNU/Linux 12"}}},
          {"git", nullptr},
          {"session",
           {{"interactive", true}, {"tty", "/dev/pts/3"}, {"ssh_client", "10.0.0.5"}, {"ci", nullptr}}},
          {"time", {{"at", "2026-11-22T10:14:00Z"}, {"weekday", "sun"}, {"hour", 10}}}};
}

inline jit::approval::View view_of(const Json& context,
                                   const std::string& id = "7k3mq2vdaaaaaaaaaaaaaaaaaa") {
  jit::approval::Request request(*jit::approval::RequestId::parse(id));
  request.requester = "alice";
  request.reason = "OPS-4411 retire the old shard";
  request.ticket = "OPS-4411";
  request.rules = {"kubectl-deletes-in-production"};
  request.digest = jit::util::Digest::of(id);
  request.created_at = kNow;
  request.expires_at = kNow + std::chrono::minutes{15};
  request.requirement.from = {{{"sre", 2}}};
  request.context = std::make_shared<const Json>(context);
  return {request, {{{"sre", 2}}}, {"alice-2", "bob", "carol"}};
}

inline jit::approval::View view(const std::vector<std::string>& argv = {"kubectl", "--context", "prod-eu",
                                                                        "delete", "ns", "payments-old"},
                                const std::string& id = "7k3mq2vdaaaaaaaaaaaaaaaaaa") {
  return view_of(context(argv), id);
}

inline jit::approval::Review review(const std::string& who, jit::approval::ReviewVerdict verdict,
                                    const std::string& message) {
  jit::approval::Review made;
  made.reviewer = who;
  made.verdict = verdict;
  made.message = message;
  made.at = kNow;
  return made;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace sample

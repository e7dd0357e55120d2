#include "server/slack_payload.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "util/error.hpp"

namespace jit::server {
namespace {

using util::Json;

const std::string kForm = "application/x-www-form-urlencoded";
const std::string kValue = std::string(26, 'a') + " sha256:" + std::string(64, '0') + " ops and others";

std::string encoded(const std::string& text) {
  std::string form = "payload=";
  for (const char c : text) {
    char escaped[4] = {};
    std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
    form += escaped;
  }
  return form;
}

Json click() {
  return Json::parse(R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1","team_id":"T1"},
    "trigger_id":"1.2.a","channel":{"id":"C1"},"response_url":"https://evil.example/","unknown":{"x":[1]},
    "actions":[{"type":"button","action_id":"jit_approve","value":")" +
                     kValue + R"("}]})");
}

Json submission() {
  return Json::parse(R"({"type":"view_submission","team":{"id":"T1"},"user":{"id":"W1"},
    "view":{"callback_id":"jit_deny","private_metadata":")" +
                     kValue + R"(","state":{"values":{"reason":{"reason":{"value":"not\ntonight"}}}}}})");
}

bool is_refused(const std::string& body, const std::string& type = kForm) {
  try {
    (void)read_slack_act(type, body);
    return false;
  } catch (const util::Error&) {
    return true;
  }
}

bool is_refused_json(const Json& payload) {
  return is_refused(encoded(payload.dump()));
}

// With the value at a JSON pointer replaced.
Json with(Json payload, const std::string& pointer, const Json& value) {
  payload[Json::json_pointer(pointer)] = value;
  return payload;
}

}  // namespace

TEST_CASE("a click and a dialog are read as what they are") {
  const auto act = read_slack_act(kForm, encoded(click().dump()));
  CHECK(act.what == SlackAct::What::approve);
  CHECK(act.team == "T1");
  CHECK(act.user == "U1");
  CHECK(act.user_team == "T1");
  CHECK(act.request == std::string(26, 'a'));
  CHECK(act.digest == "sha256:" + std::string(64, '0'));
  CHECK(act.channel == "ops and others");
  CHECK(act.trigger == "1.2.a");
  CHECK(act.place == "C1");
  const auto deny = read_slack_act(kForm + "; charset=utf-8",
                                   encoded(with(click(), "/actions/0/action_id", "jit_deny").dump()));
  CHECK(deny.what == SlackAct::What::deny);
  const auto given = read_slack_act(kForm, encoded(submission().dump()));
  CHECK(given.what == SlackAct::What::reason);
  CHECK(given.reason == "not\ntonight");
  CHECK(given.user_team.empty());
  CHECK(read_slack_act(kForm,
                       encoded(with(submission(), "/view/state/values/reason/reason/value", nullptr).dump()))
            .reason.empty());
}

TEST_CASE("a form has one field, and its type") {
  const std::string good = encoded(click().dump());
  CHECK_FALSE(is_refused(good));
  CHECK(is_refused(good + "&payload=x"));
  CHECK(is_refused(good + "&"));
  CHECK(is_refused("x=1&" + good));
  CHECK(is_refused("Payload" + good.substr(7)));
  CHECK(is_refused(""));
  CHECK(is_refused("payload"));
  CHECK(is_refused("payload="));
  CHECK(is_refused(good + "%"));
  CHECK(is_refused(good + "%7"));
  CHECK(is_refused(good + "%zz"));
  CHECK(is_refused(click().dump()));
  for (const char* type : {"", "application/json", "text/plain", "multipart/form-data; boundary=x",
                           "application/x-www-form-urlencodedx", "APPLICATION/X"})
    CHECK(is_refused(good, type));
}

TEST_CASE("duplicate keys, depth, numbers and types that are not as they should be") {
  const std::string text = click().dump();
  CHECK(is_refused(encoded("{\"type\":\"view_submission\"," + text.substr(1))));
  CHECK(is_refused(encoded(text + " x")));
  CHECK(is_refused(encoded(std::string(20'000, '['))));
  CHECK(is_refused(encoded("{\"x\":1e400," + text.substr(1))));
  std::string many = "[0";
  for (int i = 0; i < 30'000; ++i) many += ",0";
  CHECK(is_refused(encoded("{\"x\":" + many + "]," + text.substr(1))));
  for (const Json& document : {Json(), Json::array(), Json(1), Json("x"), Json::object()})
    CHECK(is_refused_json(document));
  for (const char* pointer :
       {"/type", "/team", "/team/id", "/user", "/user/id", "/trigger_id", "/channel", "/channel/id",
        "/actions", "/actions/0", "/actions/0/action_id", "/actions/0/value"}) {
    INFO(pointer);
    for (const Json& value : {Json(), Json(7), Json(true), Json::array(), Json::object(), Json(""),
                              Json("x\r\ny"), Json(std::string(300, 'A'))})
      CHECK(is_refused_json(with(click(), pointer, value)));
  }
  for (const char* pointer :
       {"/view", "/view/callback_id", "/view/private_metadata", "/view/state", "/view/state/values",
        "/view/state/values/reason", "/view/state/values/reason/reason"}) {
    INFO(pointer);
    for (const Json& value : {Json(), Json(7), Json::array(), Json("")})
      CHECK(is_refused_json(with(submission(), pointer, value)));
  }
  CHECK(is_refused_json(with(submission(), "/view/state/values/reason/reason/value", 7)));
  CHECK(is_refused_json(with(click(), "/actions/1", click()["actions"][0])));
  CHECK(is_refused_json(with(click(), "/user/team_id", "x")));
}

TEST_CASE("a button's value is an id, a digest and a channel") {
  const std::string id(26, 'a');
  const std::string digest = "sha256:" + std::string(64, '0');
  for (const std::string& value :
       {id, id + " " + digest, id + " " + digest + " ", digest + " " + id + " ops", id + " sha256:0 ops",
        id + " sha256:" + std::string(64, 'G') + " ops", id + " " + digest + " " + std::string(300, 'x')})
    CHECK(is_refused_json(with(click(), "/actions/0/value", value)));
}

}  // namespace jit::server

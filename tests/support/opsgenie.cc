#include "tests/support/opsgenie.h"

#include <set>

#include "tests/support/json_schema.h"

namespace loadline::test {
namespace {

using nlohmann::json;

void CheckResponder(const json& responder, std::vector<std::string>& wrong) {
  Check(responder,
        {{"id", Text(1)},
         {"name", Text(1)},
         {"username", Text(1)},
         {"type", OneOf({"team", "user", "escalation", "schedule"})}},
        {"type"}, "responder", wrong);
  if (!responder.contains("id") && !responder.contains("name") && !responder.contains("username"))
    wrong.emplace_back("responder: none is named");
}

std::vector<std::string> WhatCreateRefuses(const json& body) {
  std::vector<std::string> wrong;
  Check(body,
        {{"message", Text(1, 130)},
         {"alias", Text(1, 512)},
         {"description", Text(0, 15'000)},
         {"responders", List(50)},
         {"visibleTo", List(50)},
         {"actions", TextList(10, 50)},
         {"tags", TextList(20, 50)},
         {"details", Object()},
         {"entity", Text(0, 512)},
         {"source", Text(0, 100)},
         {"priority", OneOf({"P1", "P2", "P3", "P4", "P5"})},
         {"user", Text(0, 100)},
         {"note", Text(0, 25'000)}},
        {"message"}, "create", wrong);
  if (!wrong.empty()) return wrong;
  std::size_t details = 0;
  const json all = body.value("details", json::object());
  for (const auto& [name, value] : all.items()) {
    if (!value.is_string()) wrong.push_back("details: '" + name + "' is no text");
    if (value.is_string()) details += CharactersOf(name) + CharactersOf(value.get<std::string>());
  }
  if (details > 8'000) wrong.emplace_back("details: longer than 8000 together");
  for (const json& responder : body.value("responders", json::array())) CheckResponder(responder, wrong);
  return wrong;
}

std::vector<std::string> WhatChangeRefuses(const std::string& action, const json& body) {
  std::vector<std::string> wrong;
  if (action == "close") {
    Check(body, {{"source", Text(0, 100)}, {"user", Text(0, 100)}, {"note", Text(0, 25'000)}}, {}, action,
          wrong);
  } else {
    Check(body, {{action, Text(1, action == "message" ? 130 : 15'000)}}, {action}, action, wrong);
  }
  return wrong;
}

Reply Said(int status, json body) {
  body["took"] = 0.1;
  body["requestId"] = "43a29c5c-3dbf-4fa4-9c26-f4f71023e120";
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

}  // namespace

std::map<std::string, Opsgenie::Alert> Opsgenie::alerts() const {
  const std::lock_guard lock(mutex_);
  return alerts_;
}

std::vector<std::string> Opsgenie::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

Reply Opsgenie::Answer(const SeenRequest& request) {
  const auto header = [&](const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
  };
  if (header("authorization") != "GenieKey " + key_)
    return Said(401, {{"message", "Could not authenticate"}});
  const json body = json::parse(request.body, nullptr, false);
  if (!header("content-type").starts_with("application/json") || body.is_discarded())
    return Said(400,
                {{"message", "Request body is not parsable. Please check the syntax of the request body."}});
  const std::lock_guard lock(mutex_);
  return Take(request, body);
}

Reply Opsgenie::Take(const SeenRequest& request, const json& body) {
  const std::string root = "/v2/alerts";
  const std::string tail = "?identifierType=alias";
  const bool creates = request.method == "POST" && request.path == root;
  const std::size_t slash = request.path.rfind('/');
  std::string action = creates ? "" : request.path.substr(slash + 1);
  const bool by_alias = action.ends_with(tail);
  if (by_alias) action.resize(action.size() - tail.size());
  const bool known = (action == "close" && request.method == "POST") ||
                     ((action == "message" || action == "description") && request.method == "PUT");
  if (!creates && (!request.path.starts_with(root + "/") || !by_alias || !known))
    return Said(404, {{"message", "No such path"}});
  const std::vector<std::string> wrong = creates ? WhatCreateRefuses(body) : WhatChangeRefuses(action, body);
  if (!wrong.empty()) {
    complaints_.insert(complaints_.end(), wrong.begin(), wrong.end());
    return Said(
        422, {{"message", "Request body is not processable. Please check the errors."}, {"errors", wrong}});
  }
  const std::string alias = creates ? body.value("alias", "made-up")
                                    : request.path.substr(root.size() + 1, slash - root.size() - 1);
  Alert& alert = alerts_[alias];
  if (creates && !alert.open) {
    alert = {.open = true,
             .count = alert.count,
             .message = body["message"],
             .description = body.value("description", ""),
             .created = body};
  }
  alert.count += creates ? 1 : 0;
  if (action == "close") alert.open = false;
  if (action == "message") alert.message = body["message"];
  if (action == "description") alert.description = body["description"];
  return Said(202, {{"result", "Request will be processed"}});
}

}  // namespace loadline::test

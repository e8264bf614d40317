#include "tests/support/arm_machines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

namespace loadline::test {
namespace {

using nlohmann::json;

const std::regex kDelete(
    "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\\.ContainerService/managedClusters/[^/]+"
    "/agentPools/([a-z0-9]+)/deleteMachines\\?api-version=2025-05-01");
const std::regex kInstance(
    "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\\.Compute/virtualMachineScaleSets/([^/]+)"
    "/virtualMachines/(\\d+)/(restart|reimage)\\?api-version=2024-03-01");
const std::regex kOperation(
    "/subscriptions/[^/]+/providers/[^/]+/locations/eastus/operation[a-z]+/(\\d+)\\?.*");

Reply Json(int status, const json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

}  // namespace

Reply ArmMachines::Refuse(int status, const std::string& code, const std::string& what) {
  if (status != 409) faults_.push_back(what);
  return Json(status, {{"error", {{"code", code}, {"message", what}}}});
}

Reply ArmMachines::Answer(const SeenRequest& request, const std::string& url) {
  std::smatch found;
  if (request.method == "GET" && std::regex_match(request.path, found, kOperation)) return Look(found[1]);
  if (request.method != "POST") return Refuse(405, "MethodNotAllowed", request.method + " " + request.path);
  if (std::regex_match(request.path, found, kDelete)) return Delete(request, found[1], url);
  if (!std::regex_match(request.path, found, kInstance))
    return Refuse(404, "InvalidResourceType", request.path);
  if (!request.body.empty()) return Refuse(400, "InvalidParameter", "a body");
  return Change(found[3].str() + " " + found[1].str() + "/" + found[2].str(), true, url);
}

Reply ArmMachines::Delete(const SeenRequest& request, const std::string& pool, const std::string& url) {
  const auto type = request.headers.find("content-type");
  if (type == request.headers.end() || !type->second.starts_with("application/json"))
    return Refuse(415, "UnsupportedMediaType", "content-type");
  const json body = json::parse(request.body, nullptr, false);
  const bool shaped = body.is_object() && body.size() == 1 && body.contains("machineNames") &&
                      body["machineNames"].is_array() && !body["machineNames"].empty();
  if (!shaped) return Refuse(400, "InvalidRequestFormat", request.body);
  if (body["machineNames"].size() > 1) faults_.push_back("more than one machine: " + request.body);
  return Change("delete " + pool + "/" + body["machineNames"][0].get<std::string>(), false, url);
}

Reply ArmMachines::Change(const std::string& what, bool async, const std::string& url) {
  const bool busy = std::ranges::any_of(
      operations_, [](const auto& operation) { return operation.second.state == State::kRunning; });
  if (busy) return Refuse(409, "OperationNotAllowed", "another operation is under way");
  changes_.push_back(what);
  const std::string number = std::to_string(changes_.size());
  operations_[number] = {.async = async};
  const std::string where =
      async ? "/subscriptions/s1/providers/Microsoft.Compute/locations/eastus/operations/" + number +
                  "?api-version=2024-03-01"
            : "/subscriptions/s1/providers/Microsoft.ContainerService/locations/eastus/operationresults/" +
                  number + "?api-version=2017-08-31";
  return {.status = 202,
          .headers = {{async ? "Azure-AsyncOperation" : "Location", url + where}, {"Retry-After", "10"}}};
}

Reply ArmMachines::Look(const std::string& number) {
  const auto found = operations_.find(number);
  if (found == operations_.end()) return Json(404, {{"error", {{"code", "OperationNotFound"}}}});
  const Operation& operation = found->second;
  if (!operation.async) {
    if (operation.state == State::kRunning) return {.status = 202, .headers = {{"Retry-After", "10"}}};
    if (operation.state == State::kDone) return {.status = 204};
    return Json(409, {{"error", {{"code", "DeleteFailed"}, {"message", "it is\x1b locked"}}}});
  }
  if (operation.state == State::kRunning) return Json(200, {{"status", "InProgress"}});
  if (operation.state == State::kDone) return Json(200, {{"status", "Succeeded"}});
  return Json(200, {{"status", "Failed"},
                    {"error", {{"code", "AllocationFailed"}, {"message", "no capacity\x1b in this zone"}}}});
}

void ArmMachines::Finish(bool well) {
  for (auto& [number, operation] : operations_) {
    if (operation.state == State::kRunning) operation.state = well ? State::kDone : State::kFailed;
  }
}

}  // namespace loadline::test

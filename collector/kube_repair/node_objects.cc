#include "collector/kube_repair/node_objects.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace loadline::collector {
namespace {

using nlohmann::json;

std::string PathOf(const std::string& node) {
  return "/api/v1/nodes/" + UrlEncode(node);
}

}  // namespace

Result<json> NodeObjects::Get(const std::string& node) {
  return api_.Do({.path = PathOf(node)});
}

Result<void> NodeObjects::Patch(const std::string& node, json patch) {
  return Send(
      {.method = "PATCH", .path = PathOf(node), .body = std::move(patch), .content_type = kMergePatch});
}

Result<void> NodeObjects::PatchStatus(const std::string& node, json patch) {
  return Send({.method = "PATCH",
               .path = PathOf(node) + "/status",
               .body = std::move(patch),
               .content_type = kStrategicPatch});
}

Result<void> NodeObjects::Send(const ApiRequest& request) {
  const Result<ApiAnswer> answer = api_.Send(request);
  if (!answer) return Failure(answer.error());
  if (answer->ok()) return {};
  Error error = ErrorOf(*answer);
  // The node has changed since it was read: it is read again.
  if (answer->status == 409) error.kind = ErrorKind::kUnavailable;
  return Failure(std::move(error));
}

}  // namespace loadline::collector

#include "collector/kube_api/list.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/kube_api/kube_client.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

constexpr int kGone = 410;

}  // namespace

Result<Listed> ListAll(KubeClient& api, const ListRequest& request,
                       const std::function<void(const nlohmann::json&)>& item) {
  Listed listed;
  std::string next;
  do {
    auto answer = api.Send({.path = fmt::format("{}?limit={}{}{}", request.path, request.page,
                                                request.selector, next.empty() ? "" : "&continue=" + next),
                            .accept = request.accept});
    if (!answer) return Failure(answer.error());
    listed.expired = answer->status == kGone && !next.empty();
    if (listed.expired) return listed;
    if (!answer->ok()) return Failure(ErrorOf(*answer));
    const nlohmann::json& items = Part(answer->body, "items");
    // An empty list of metadata has null in place of its items.
    if (!items.is_array() && !items.is_null())
      return Failure(ErrorKind::kUnavailable, "the answer is not a list");
    for (const nlohmann::json& one : items) item(one);
    listed.version = Text(Part(answer->body, "metadata"), "resourceVersion");
    next = UrlEncode(Text(Part(answer->body, "metadata"), "continue"));
  } while (!next.empty());
  return listed;
}

}  // namespace loadline::collector

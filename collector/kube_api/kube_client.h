// Requests to the API server, one at a time.
//
//   KubeClient api(access, clock);
//   Result<nlohmann::json> pod = api.Do({.path = "/api/v1/namespaces/shop/pods/cart-0"});
//
// An answer of 400 and above is an Error in the server's own words, which name the missing permission
// ("pods is forbidden: User ... cannot list resource ..."): kDenied (401, 403), kNotFound (404),
// kInvalid (409, 422 and other 4xx), kUnavailable (429, 5xx, no answer). The server's 429 and Retry-After are
// obeyed before that, unless it is for once: the request is sent again up to four times.
//
// Belongs to one thread; a request that waits ends within a second of `stop`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>

#include "collector/http/http_client.h"
#include "collector/kube_api/access.h"
#include "collector/kube_api/bearer.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

inline constexpr const char* kJsonPatch = "application/json-patch+json";
inline constexpr const char* kMergePatch = "application/merge-patch+json";
inline constexpr const char* kStrategicPatch = "application/strategic-merge-patch+json";
inline constexpr const char* kApplyPatch = "application/apply-patch+yaml";

struct ApiRequest {
  std::string method = "GET";
  std::string path;  // with query: "/api/v1/pods?limit=500"
  nlohmann::json body = nullptr;
  std::string content_type = "application/json";
  std::string accept = "application/json";
  bool once = false;  // an answer that asks to come again later is handed over as any other
  Duration timeout = std::chrono::seconds(60);  // of each exchange; of a stream none
};

struct ApiAnswer {
  int status = 0;
  nlohmann::json body;  // null when the answer had none
  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

class KubeClient {
 public:
  // `clock` must outlive the client.
  KubeClient(KubeAccess access, const Clock& clock, std::stop_token stop = {});

  // Asked before each request that changes something; its failure is the request's.
  void AskBeforeChanges(std::function<Result<void>()> may_change) { may_change_ = std::move(may_change); }
  [[nodiscard]] Result<void> MayChange() const { return may_change_ ? may_change_() : Result<void>(); }

  // Any status is a value here.
  Result<ApiAnswer> Send(const ApiRequest& request);
  // The document of a 2xx answer.
  Result<nlohmann::json> Do(const ApiRequest& request);
  // Hands over each line of an answer that goes on until the server ends it or `on_line` says false; `on_accepted` when it
  // begins. The status, and the document where it is not 2xx.
  Result<ApiAnswer> Stream(const ApiRequest& request, std::function<bool(std::string_view)> on_line,
                           const std::function<void()>& on_accepted);

  // Requests sent again because the server asked us to wait.
  [[nodiscard]] std::uint64_t throttled() const { return throttled_; }

 private:
  Result<HttpRequest> Prepare(const ApiRequest& request);
  Result<HttpResponse> Exchange(const ApiRequest& request, const std::function<void(HttpRequest&)>& shape);

  KubeAccess access_;
  const Clock& clock_;
  std::stop_token stop_;
  HttpClient http_;
  Bearer bearer_;
  std::function<Result<void>()> may_change_;
  std::uint64_t throttled_ = 0;
};

// The error that an answer of 400 and above amounts to.
Error ErrorOf(const ApiAnswer& answer);

// Waits, but not longer than until `stop`. Returns whether the time passed in full.
bool WaitUnlessStopped(Duration time, const std::stop_token& stop);

}  // namespace loadline::collector

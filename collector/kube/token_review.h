// Agents prove their node by the token of their service account: the API server is asked about each
// (TokenReview).
//
// The token is one that the kubelet projects into the agent's pod, for our audience alone, and bound to that
// pod; its claims name the node the pod runs on. Whoever shows it may speak for that node and no other.
// Asking takes a while, so it is done on a thread of its own; an answer is kept for `keep`, a refusal for
// `keep_refusal`.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "collector/ingest/token.h"
#include "collector/kube_api/access.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct TokenReviewOptions {
  std::string audience = "loadline";
  std::string service_account;  // "system:serviceaccount:NAMESPACE:NAME" that agents run as; empty: any
  Duration keep = std::chrono::minutes(1);
  Duration keep_refusal = std::chrono::seconds(10);
  // Tokens that wait to be asked about, altogether and of one address; beyond that agents are told to come
  // again.
  std::size_t max_waiting = 1000;
  std::size_t max_waiting_of_address = 8;
  // Node of a pod, for clusters whose tokens name the pod only (before Kubernetes 1.30); may be empty.
  std::function<std::string(std::string_view pod_uid)> node_of_pod;
};

// What the answer to a TokenReview says about whose token it is: the node's name, or kDenied with the reason.
Result<std::string> NodeOfReview(const nlohmann::json& review, const TokenReviewOptions& options);

class TokenReviewVerifier final : public TokenVerifier {
 public:
  // `clock` must outlive it.
  TokenReviewVerifier(KubeAccess access, const Clock& clock, TokenReviewOptions options);
  ~TokenReviewVerifier() override;

  [[nodiscard]] Result<std::string> Verify(std::string_view token, std::string_view claimed,
                                           std::string_view from) override;

 private:
  struct Answer {
    std::optional<Result<std::string>> node;  // none while it is being asked
    Mono until{};
  };
  struct Question {
    std::string token;
    std::string from;
  };
  [[nodiscard]] bool MayAsk(std::string_view from) const;
  void Work(const std::stop_token& stop);
  void ForgetOld();

  const KubeAccess access_;
  const Clock& clock_;
  const TokenReviewOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Answer, std::less<>> answers_;  // by token
  std::deque<Question> waiting_;                        // in the order in which they came
  std::jthread thread_;                                 // last: it uses all of the above
};

}  // namespace loadline::collector

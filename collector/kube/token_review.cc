#include "collector/kube/token_review.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_api/kube_client.h"

namespace loadline::collector {
namespace {

constexpr const char* kNodeName = "authentication.kubernetes.io/node-name";
constexpr const char* kPodUid = "authentication.kubernetes.io/pod-uid";

// One value of user.extra, where each key has a list.
std::string Extra(const nlohmann::json& user, const char* key) {
  const nlohmann::json values =
      user.value("extra", nlohmann::json::object()).value(key, nlohmann::json::array());
  return values.is_array() && !values.empty() && values[0].is_string() ? values[0].get<std::string>() : "";
}

std::unexpected<Error> Denied(std::string why) {
  return Failure(ErrorKind::kDenied, std::move(why));
}

}  // namespace

Result<std::string> NodeOfReview(const nlohmann::json& review, const TokenReviewOptions& options) try {
  const nlohmann::json status = review.value("status", nlohmann::json::object());
  if (!status.value("authenticated", false)) {
    const std::string error = status.value("error", std::string("the token is not known to the API server"));
    return Denied("token refused: " + error);
  }
  const auto audiences = status.value("audiences", std::vector<std::string>());
  if (std::ranges::find(audiences, options.audience) == audiences.end()) {
    return Denied(fmt::format("token refused: it is not for audience '{}'", options.audience));
  }
  const nlohmann::json user = status.value("user", nlohmann::json::object());
  const std::string account = user.value("username", std::string());
  if (!options.service_account.empty() && account != options.service_account) {
    return Denied(
        fmt::format("token refused: it is {}'s, and agents are {}", account, options.service_account));
  }
  std::string node = Extra(user, kNodeName);
  if (node.empty() && options.node_of_pod) node = options.node_of_pod(Extra(user, kPodUid));
  if (node.empty()) return Denied("token refused: it is bound to no pod on a node");
  return node;
} catch (const nlohmann::json::exception&) {
  return Failure(ErrorKind::kUnavailable, "the answer to the TokenReview cannot be read");
}

TokenReviewVerifier::TokenReviewVerifier(KubeAccess access, const Clock& clock, TokenReviewOptions options)
    : access_(std::move(access)),
      clock_(clock),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

TokenReviewVerifier::~TokenReviewVerifier() = default;

Result<std::string> TokenReviewVerifier::Verify(std::string_view token, std::string_view claimed,
                                                std::string_view from) {
  if (token.empty()) return Denied("no token: the agent's pod needs a projected service account token");
  std::lock_guard lock(mutex_);
  const Mono now = clock_.Now();
  auto known = answers_.find(token);
  if (known != answers_.end() && known->second.node && known->second.until <= now) {
    answers_.erase(known);
    known = answers_.end();
  }
  if (known == answers_.end()) {
    ForgetOld();
    if (MayAsk(from)) {
      answers_.emplace(std::string(token), Answer{});
      waiting_.push_back({.token = std::string(token), .from = std::string(from)});
      changed_.notify_one();
    }
    return Failure(ErrorKind::kUnavailable, "the API server is being asked about the token");
  }
  if (!known->second.node) {
    return Failure(ErrorKind::kUnavailable, "the API server is being asked about the token");
  }
  const Result<std::string>& node = *known->second.node;
  if (node && *node != claimed) {
    return Denied(fmt::format("the token is of node '{}', not of '{}'", *node, claimed));
  }
  return node;
}

// Whoever shows ever new tokens waits for himself alone.
bool TokenReviewVerifier::MayAsk(std::string_view from) const {
  if (waiting_.size() >= options_.max_waiting) return false;
  const auto its = std::ranges::count(waiting_, from, &Question::from);
  return from.empty() || static_cast<std::size_t>(its) < options_.max_waiting_of_address;
}

void TokenReviewVerifier::ForgetOld() {
  std::erase_if(answers_, [now = clock_.Now()](const auto& entry) {
    return entry.second.node && entry.second.until <= now;
  });
}

void TokenReviewVerifier::Work(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  std::string trouble;  // as last said
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    const std::string token = std::move(waiting_.front().token);
    waiting_.pop_front();
    lock.unlock();
    auto review = api.Do({.method = "POST",
                          .path = "/apis/authentication.k8s.io/v1/tokenreviews",
                          .body = {{"apiVersion", "authentication.k8s.io/v1"},
                                   {"kind", "TokenReview"},
                                   {"spec", {{"token", token}, {"audiences", {options_.audience}}}}}});
    Result<std::string> node =
        review ? NodeOfReview(*review, options_) : Failure(review.error().In("TokenReview"));
    if (!review) {
      // That we may not ask is our trouble and not the agent's: it shall come again.
      node.error().kind = ErrorKind::kUnavailable;
      if (trouble != node.error().message) {
        trouble = node.error().message;
        spdlog::warn("kubernetes: {}", trouble);
      }
    } else {
      trouble.clear();
    }
    lock.lock();
    const Mono until = clock_.Now() + (node ? options_.keep : options_.keep_refusal);
    answers_[token] = {std::move(node), until};
  }
}

}  // namespace loadline::collector

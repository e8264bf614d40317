#include "collector/kube/reader_access.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/kube_api/kube_client.h"

namespace loadline::collector {
namespace {

// Longer than any real one, and no burden.
constexpr std::size_t kLongestToken = 16 * 1024;

Result<nlohmann::json> Review(KubeClient& api, const char* kind, const std::string& path,
                              const nlohmann::json& spec) {
  const std::string group = path.substr(0, path.rfind('/'));
  Result<nlohmann::json> review = api.Do({.method = "POST",
                                          .path = "/apis/" + path,
                                          .body = {{"apiVersion", group}, {"kind", kind}, {"spec", spec}}});
  // That we may not ask is our trouble and not the reader's.
  if (!review) return Failure(ErrorKind::kUnavailable, review.error().In(kind).message);
  return review->value("status", nlohmann::json::object());
}

}  // namespace

std::string NonResourcePath(std::string_view path) {
  return path == "/metrics" ? std::string(path) : "/loadline" + std::string(path);
}

Result<void> ReaderAccess::Ask(const Question& question) const try {
  const auto& [token, verb, path] = question;
  KubeClient api(access_, clock_, stop_.get_token());
  const Result<nlohmann::json> known =
      Review(api, "TokenReview", "authentication.k8s.io/v1/tokenreviews", {{"token", token}});
  if (!known) return Failure(known.error());
  if (!known->value("authenticated", false))
    return Failure(ErrorKind::kInvalid, "the token is not known to the API server");
  const nlohmann::json user = known->value("user", nlohmann::json::object());
  const std::string name = user.value("username", std::string());
  const Result<nlohmann::json> may =
      Review(api, "SubjectAccessReview", "authorization.k8s.io/v1/subjectaccessreviews",
             {{"user", name},
              {"uid", user.value("uid", std::string())},
              {"groups", user.value("groups", nlohmann::json::array())},
              {"extra", user.value("extra", nlohmann::json::object())},
              {"nonResourceAttributes", {{"path", NonResourcePath(path)}, {"verb", verb}}}});
  if (!may) return Failure(may.error());
  if (may->value("allowed", false)) return {};
  return Failure(ErrorKind::kDenied,
                 fmt::format("{} may not {} the non-resource URL {}", name, verb, NonResourcePath(path)));
} catch (const nlohmann::json::exception&) {
  return Failure(ErrorKind::kUnavailable, "the API server's answer cannot be read");
}

Result<void> ReaderAccess::May(const std::string& token, std::string_view verb, std::string_view path) {
  if (token.empty())
    return Failure(ErrorKind::kInvalid, "a token of the cluster is needed (Authorization: Bearer)");
  if (token.size() > kLongestToken) return Failure(ErrorKind::kInvalid, "this is no token");
  const Question question{token, verb, path};
  {
    const std::lock_guard lock(mutex_);
    const auto known = answers_.find(question);
    if (known != answers_.end() && clock_.Now() < known->second.until) return known->second.may;
    if (asking_ >= options_.at_once)
      return Failure(ErrorKind::kUnavailable, "the API server is being asked about others: try again");
    ++asking_;
  }
  const Result<void> may = Ask(question);
  const std::lock_guard lock(mutex_);
  --asking_;
  // That nobody could be asked is no answer.
  if (!may && may.error().kind == ErrorKind::kUnavailable) return may;
  const Mono now = clock_.Now();
  MakeRoom(now);
  answers_.insert_or_assign(question, Answer{may, now + (may ? options_.keep : options_.keep_refusal)});
  return may;
}

void ReaderAccess::MakeRoom(Mono now) {
  if (answers_.size() < options_.most) return;
  std::erase_if(answers_, [now](const auto& entry) { return entry.second.until <= now; });
  if (answers_.size() < options_.most) return;
  // Refusals end first.
  answers_.erase(
      std::ranges::min_element(answers_, {}, [](const auto& entry) { return entry.second.until; }));
}

}  // namespace loadline::collector

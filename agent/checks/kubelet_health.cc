#include "agent/checks/kubelet_health.h"

#include <fmt/format.h>

namespace loadline::agent {
namespace {

constexpr const char* kReason = "KubeletUnhealthy";
// Of its own words, in bytes.
constexpr std::size_t kShown = 80;

}  // namespace

Judgement JudgeKubelet(const std::string& at, const Result<PlainAnswer>& answer, bool has_answered) {
  Judgement judgement{.condition = kKubeletProblem, .reason = kReason};
  if (!answer) {
    judgement.message = fmt::format("{}: {}", at, answer.error().message);
    judgement.health = has_answered ? Health::kBad : Health::kUnknown;
    if (!has_answered) judgement.message += ", and never did: is there a kubelet on this machine?";
  } else if (answer->status == 200) {
    judgement.health = Health::kGood;
    judgement.message = fmt::format("{}/healthz says ok", at);
  } else {
    judgement.health = Health::kBad;
    judgement.message =
        fmt::format("{}/healthz says: HTTP {} {}", at, answer->status, answer->body.substr(0, kShown));
  }
  return judgement;
}

std::vector<Judgement> KubeletHealth::Look(Mono /*now*/, const std::stop_token& stop) {
  const auto answer = GetPlain(at_, {.path = "/healthz"}, Patience::Of(kPatience, stop));
  if (stop.stop_requested()) return {};
  Judgement judgement = JudgeKubelet(TextOf(at_), answer, has_answered_);
  if (judgement.health != Health::kUnknown) has_answered_ = true;
  return {std::move(judgement)};
}

}  // namespace loadline::agent

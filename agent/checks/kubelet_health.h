// Does the kubelet say that it is well? GET /healthz at its port for that, which it serves on the machine alone.
#pragma once

#include <string>

#include "agent/checks/check.h"
#include "agent/net/plain_get.h"
#include "schemas/base/result.h"

namespace loadline::agent {

inline constexpr const char* kKubeletProblem = "KubeletProblem";

// A port that has never answered may not be a kubelet's.
Judgement JudgeKubelet(const std::string& at, const Result<PlainAnswer>& answer, bool has_answered);

class KubeletHealth final : public Check {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(3);

  // `is_sure`: somebody has said that there is a kubelet.
  KubeletHealth(HostPort at, bool is_sure) : at_(std::move(at)), has_answered_(is_sure) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const HostPort at_;
  bool has_answered_;
};

}  // namespace loadline::agent

#include "agent/checks/kubelet_health.h"

#include <fmt/format.h>

namespace loadline::agent {
namespace {

constexpr const char* kReason = "KubeletUnhealthy";

// Up to the end of its first line, at least.
Result<std::string> Ask(const HostPort& at, const Patience& patience) {
  auto socket = PatientSocket::Tcp(at, patience);
  if (!socket) return Failure(socket.error());
  const std::string request =
      fmt::format("GET /healthz HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n", at.host, at.port);
  if (auto sent = socket->Send(request, patience); !sent) return Failure(sent.error());
  std::string answer;
  while (answer.find('\n') == std::string::npos) {
    auto more = socket->Receive(patience);
    if (!more) return more;
    if (more->empty() || answer.size() > 4096)
      return Failure(ErrorKind::kUnavailable, "closes the connection without an answer");
    answer += *more;
  }
  return answer;
}

}  // namespace

Judgement JudgeKubelet(const std::string& at, const Result<std::string>& answer, bool has_answered) {
  Judgement judgement{.condition = kKubeletProblem, .reason = kReason};
  if (!answer) {
    judgement.message = fmt::format("{} {}", at, answer.error().message);
    judgement.health = has_answered ? Health::kBad : Health::kUnknown;
    if (!has_answered) judgement.message += ", and never did: is there a kubelet on this machine?";
    return judgement;
  }
  std::string line = answer->substr(0, answer->find_first_of("\r\n"));
  const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12;
  if (is_http && line.substr(9, 3) == "200") {
    judgement.health = Health::kGood;
    judgement.message = fmt::format("{}/healthz says ok", at);
    return judgement;
  }
  judgement.health = is_http || has_answered ? Health::kBad : Health::kUnknown;
  judgement.message = fmt::format("{}/healthz says: {}", at, line.substr(0, 80));
  return judgement;
}

std::vector<Judgement> KubeletHealth::Look(Mono /*now*/, const std::stop_token& stop) {
  const auto answer = Ask(at_, Patience::Of(kPatience, stop));
  if (stop.stop_requested()) return {};
  Judgement judgement = JudgeKubelet(fmt::format("{}:{}", at_.host, at_.port), answer, has_answered_);
  if (judgement.health != Health::kUnknown) has_answered_ = true;
  return {std::move(judgement)};
}

}  // namespace loadline::agent

#include "agent/checks/runtime_socket.h"

#include <fmt/format.h>

#include <string_view>

namespace loadline::agent {
namespace {

using namespace std::literals;

// RFC 9113, 3.4: the preface and an empty SETTINGS frame (length 0, type 4, stream 0). The server sends its own first.
constexpr std::string_view kGreeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"sv;

// Nothing: it has answered.
Result<void> Greet(const std::string& path, const Patience& patience) {
  auto socket = PatientSocket::Unix(path, patience);
  if (!socket) return Failure(socket.error());
  if (auto sent = socket->Send(kGreeting, patience); !sent) return sent;
  auto answer = socket->Receive(patience);
  if (!answer) return Failure(answer.error());
  if (answer->empty()) return Failure(ErrorKind::kUnavailable, "closes the connection without an answer");
  return {};
}

}  // namespace

std::vector<Judgement> RuntimeSocket::Look(Mono /*now*/, const std::stop_token& stop) {
  const auto greeted = Greet(path_, Patience::Of(kPatience, stop));
  if (stop.stop_requested()) return {};
  Judgement judgement{.condition = kContainerRuntimeProblem, .reason = "ContainerRuntimeUnhealthy"};
  if (greeted) {
    has_answered_ = true;
    judgement.health = Health::kGood;
    judgement.message = path_ + " answers";
  } else {
    judgement.health = has_answered_ ? Health::kBad : Health::kUnknown;
    judgement.message = fmt::format("{} {}", path_, greeted.error().message);
  }
  return {std::move(judgement)};
}

}  // namespace loadline::agent

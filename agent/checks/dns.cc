#include "agent/checks/dns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>

#include "agent/checks/dns_message.h"
#include "agent/host/small_file.h"
#include "agent/net/patient_socket.h"

namespace loadline::agent {
namespace {

constexpr int kTries = 2;

std::uint16_t RandomId() {
  std::uint16_t id = 0;
  const bool is_drawn = ::getrandom(&id, sizeof id, 0) == sizeof id;
  return is_drawn ? id : 0;
}

// One question, and the answer to it if it comes.
Result<DnsReply> AskOnce(PatientSocket& socket, const std::string& question, const Patience& patience) {
  if (auto sent = socket.Send(question, patience); !sent) return Failure(sent.error());
  while (true) {
    const auto reply = socket.Receive(patience);
    if (!reply) return Failure(reply.error());
    if (const DnsReply read = ReadDnsReply(question, *reply); read.answer != DnsAnswer::kNone) return read;
  }
}

// Empty: it has served the question; else what went wrong.
std::string Ask(const HostPort& server, std::string_view name, Duration patience,
                const std::stop_token& stop) {
  const std::string question = DnsQuestion(RandomId(), name);
  if (question.empty()) return "cannot be asked: the name is none of DNS";
  auto socket = PatientSocket::Udp(server);
  if (!socket) return socket.error().message;
  std::string why;
  for (int tries = 0; tries < kTries && !stop.stop_requested(); ++tries) {
    const auto reply = AskOnce(*socket, question, Patience::Of(patience, stop));
    if (reply && reply->answer == DnsAnswer::kServed) return "";
    why = reply ? fmt::format("says {}", DnsCodeName(reply->code)) : reply.error().message;
  }
  return why;
}

}  // namespace

std::vector<Judgement> Dns::Look(Mono /*now*/, const std::stop_token& stop) {
  Judgement judgement{.condition = kDnsProblem, .reason = "DNSUnreachable"};
  const ResolverConfig config = ParseResolvConf(ReadWholeFile(options_.resolv_conf).value_or(""));
  const std::string name = options_.name.empty() ? NameToAsk(config) : options_.name;
  std::vector<std::string> failed;
  for (const std::string& server : config.servers) {
    const std::string why = Ask({server, options_.port}, name, options_.patience, stop);
    if (stop.stop_requested()) return {};
    if (why.empty()) {
      judgement.health = Health::kGood;
      judgement.message = fmt::format("{} has answered for '{}'", server, name);
      return {std::move(judgement)};
    }
    failed.push_back(fmt::format("{} {}", server, why));
  }
  judgement.health = failed.empty() ? Health::kUnknown : Health::kBad;
  judgement.message = failed.empty()
                          ? fmt::format("{} names no server", options_.resolv_conf)
                          : fmt::format("no resolver answers for '{}': {}", name, fmt::join(failed, "; "));
  return {std::move(judgement)};
}

}  // namespace loadline::agent

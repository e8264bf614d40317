#include "agent/checks/dns_message.h"

#include <algorithm>
#include <array>

#include "agent/host/fields.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMostServers = 3;
constexpr std::size_t kMostLabel = 63;
constexpr std::size_t kMostName = 253;
constexpr unsigned char kAnswers = 0x80;  // QR, in the third byte
constexpr unsigned char kCode = 0x0f;     // RCODE, in the fourth
constexpr int kNoError = 0;
constexpr int kNoSuchName = 3;

void Add16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

}  // namespace

ResolverConfig ParseResolvConf(std::string_view text) {
  ResolverConfig config;
  while (!text.empty()) {
    std::string_view line = CutLine(text);
    const std::string_view key = CutWord(line);
    if (key == "nameserver" && config.servers.size() < kMostServers) {
      if (const std::string_view server = CutWord(line); !server.empty()) config.servers.emplace_back(server);
    } else if (key == "search") {
      config.search.clear();  // the last one counts
      for (auto word = CutWord(line); !word.empty(); word = CutWord(line)) config.search.emplace_back(word);
    }
  }
  return config;
}

std::string NameToAsk(const ResolverConfig& config) {
  const auto found =
      std::ranges::find_if(config.search, [](const std::string& one) { return one.starts_with("svc."); });
  return found == config.search.end() ? "." : "kubernetes.default." + *found;
}

std::string DnsQuestion(std::uint16_t id, std::string_view name) {
  constexpr std::uint16_t kRecursionDesired = 0x0100;
  constexpr std::uint16_t kAddress = 1;
  constexpr std::uint16_t kNameServers = 2;
  constexpr std::uint16_t kInternet = 1;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > kMostName) return "";
  std::string question;
  Add16(question, id);
  Add16(question, kRecursionDesired);
  for (const std::uint16_t count : {1, 0, 0, 0}) Add16(question, count);
  const bool is_root = name.empty();
  while (!name.empty()) {
    const std::string_view label = CutUntil(name, '.');
    if (label.empty() || label.size() > kMostLabel) return "";
    question += static_cast<char>(label.size());
    question += label;
  }
  question += '\0';
  Add16(question, is_root ? kNameServers : kAddress);
  Add16(question, kInternet);
  return question;
}

DnsReply ReadDnsReply(std::string_view question, std::string_view reply) {
  if (question.size() < kHeader || reply.size() < kHeader) return {};
  if (reply.substr(0, 2) != question.substr(0, 2)) return {};
  if ((static_cast<unsigned char>(reply[2]) & kAnswers) == 0) return {};
  // A server that fails may leave the question out; one that repeats another answers somebody else.
  const bool repeats = reply[4] != 0 || reply[5] != 0;
  if (repeats && !reply.substr(kHeader).starts_with(question.substr(kHeader))) return {};
  const int code = static_cast<unsigned char>(reply[3]) & kCode;
  const bool served = code == kNoError || code == kNoSuchName;
  return {.answer = served ? DnsAnswer::kServed : DnsAnswer::kFailed, .code = code};
}

const char* DnsCodeName(int code) {
  constexpr std::array kNames = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  return code >= 0 && code < static_cast<int>(kNames.size()) ? kNames[static_cast<std::size_t>(code)]
                                                             : "an unknown code";
}

}  // namespace loadline::agent

#include "agent/checks/dns.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "agent/checks/dns_message.h"
#include "schemas/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ParseResolvConf, ReadsServersAndTheLastSearch) {
  const auto config = ParseResolvConf(
      "# made by somebody\nnameserver 10.0.0.10\nsearch example.org\nsearch shop.svc.cluster.local "
      "svc.cluster.local "
      "cluster.local\noptions ndots:5\nnameserver\t::1\nnameserver 1.1.1.1\nnameserver "
      "8.8.8.8\nnameserver\n");
  EXPECT_THAT(config.servers, ElementsAre("10.0.0.10", "::1", "1.1.1.1"));
  EXPECT_EQ(NameToAsk(config), "kubernetes.default.svc.cluster.local");
  EXPECT_EQ(NameToAsk(ParseResolvConf("nameserver 1.1.1.1\nsearch example.org\n")), ".");
  EXPECT_THAT(ParseResolvConf("").servers, IsEmpty());
}

TEST(DnsQuestion, IsAMessageOfRfc1035) {
  EXPECT_EQ(DnsQuestion(0x1234, "ab.c"), std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02"
                                                     "ab\x01"
                                                     "c\x00\x00\x01\x00\x01",
                                                     22));
  EXPECT_EQ(DnsQuestion(1, "ab.c."), DnsQuestion(1, "ab.c"));
  EXPECT_EQ(DnsQuestion(1, ".").size(), 17U);
  EXPECT_EQ(DnsQuestion(1, "a..b"), "");
  EXPECT_EQ(DnsQuestion(1, std::string(64, 'a')), "");
  EXPECT_EQ(DnsQuestion(1, std::string(300, '.')), "");
}

std::string ReplyTo(std::string question, int code) {
  question[2] = static_cast<char>(0x81);
  question[3] = static_cast<char>(0x80 | code);
  return question;
}

TEST(ReadDnsReply, TakesOnlyTheAnswerToItsQuestion) {
  const std::string question = DnsQuestion(7, "a.b");
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(question, 0)).answer, DnsAnswer::kServed);
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(question, 3)).answer, DnsAnswer::kServed) << "NXDOMAIN";
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(question, 2)).answer, DnsAnswer::kFailed);
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(question, 5)).answer, DnsAnswer::kFailed);
  EXPECT_EQ(ReadDnsReply(question, question).answer, DnsAnswer::kNone) << "its own question";
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(DnsQuestion(8, "a.b"), 0)).answer, DnsAnswer::kNone);
  EXPECT_EQ(ReadDnsReply(question, ReplyTo(DnsQuestion(7, "a.c"), 0)).answer, DnsAnswer::kNone);
  for (std::size_t size = 0; size < 12; ++size)
    EXPECT_EQ(ReadDnsReply(question, ReplyTo(question, 0).substr(0, size)).answer, DnsAnswer::kNone);
}

// A resolver on loopback that answers with a code, or does not.
class Resolver {
 public:
  static constexpr int kSilent = -1;
  static constexpr int kGarbage = -2;

  explicit Resolver(int code) : code_(code), fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval glance{.tv_sec = 0, .tv_usec = 20'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &glance, sizeof glance);
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }
  ~Resolver() {
    thread_.request_stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  std::atomic<int> drops = 0;  // questions that get lost on their way

 private:
  void Serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      char buffer[512];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got =
          ::recvfrom(fd_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0 || code_ == kSilent || drops-- > 0) continue;
      const std::string question(buffer, static_cast<std::size_t>(got));
      const std::string reply = code_ == kGarbage ? "go away" : ReplyTo(question, code_);
      ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
  const int code_;
  Fd fd_;
  std::jthread thread_;
};

class DnsTest : public testing::Test {
 protected:
  Judgement Look(std::uint16_t port, const std::string& servers = "nameserver 127.0.0.1\n") {
    std::ofstream(folder_.path() + "/resolv.conf") << servers;
    Dns dns({.resolv_conf = folder_.path() + "/resolv.conf", .port = port, .patience = 200ms});
    return dns.Look(Mono{}, {}).at(0);
  }
  TemporaryFolder folder_;
};

TEST_F(DnsTest, AnAnswerIsGoodWhateverItSaysOfTheName) {
  const Resolver served(0);
  EXPECT_EQ(Look(served.port()).health, Health::kGood);
  const Resolver no_such_name(3);
  EXPECT_EQ(Look(no_such_name.port()).health, Health::kGood);
}

TEST_F(DnsTest, NobodyThereIsBad) {
  const std::uint16_t port = Resolver(0).port();
  const Judgement found = Look(port);
  EXPECT_EQ(found.health, Health::kBad);
  EXPECT_THAT(found.message, HasSubstr("127.0.0.1 refuses connections"));
}

TEST_F(DnsTest, ServfailIsBad) {
  const Resolver failing(2);
  const Judgement found = Look(failing.port());
  EXPECT_EQ(found.health, Health::kBad);
  EXPECT_EQ(found.message, "no resolver answers for '.': 127.0.0.1 says SERVFAIL");
}

TEST_F(DnsTest, SilenceAndGarbageAreBadInBoundedTime) {
  for (const int how : {Resolver::kSilent, Resolver::kGarbage}) {
    const Resolver resolver(how);
    const SystemClock clock;
    const Mono before = clock.Now();
    const Judgement found = Look(resolver.port());
    EXPECT_LT(clock.Now() - before, 2s);
    EXPECT_EQ(found.health, Health::kBad);
    EXPECT_THAT(found.message, HasSubstr("127.0.0.1 does not answer in time"));
  }
}

TEST_F(DnsTest, OneLostPacketIsNothing) {
  Resolver resolver(0);
  resolver.drops = 1;
  EXPECT_EQ(Look(resolver.port()).health, Health::kGood);
}

TEST_F(DnsTest, OneOfSeveralWillDo) {
  const Resolver resolver(0);
  EXPECT_EQ(Look(resolver.port(), "nameserver 127.0.0.2\nnameserver 127.0.0.1\n").health, Health::kGood);
}

TEST_F(DnsTest, WithoutAServerNothingIsKnown) {
  EXPECT_EQ(Look(1, "search example.org\n").health, Health::kUnknown);
}

}  // namespace
}  // namespace loadline::agent

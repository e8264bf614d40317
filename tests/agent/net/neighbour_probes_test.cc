#include "agent/net/neighbour_probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>

#include "schemas/base/bounded_queue.h"
#include "schemas/base/tcp_attempt.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using wire::ProbeOutcome;

// A port of 127.0.0.1, with somebody behind it as long as it lives.
class Port {
 public:
  Port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), any, size), 0);
    EXPECT_EQ(::getsockname(socket_.get(), any, &size), 0);
    number_ = ntohs(address.sin_port);
  }
  // As many as the kernel lets wait; nobody takes them.
  Port& Listen(int backlog) {
    EXPECT_EQ(::listen(socket_.get(), backlog), 0);
    return *this;
  }
  [[nodiscard]] std::uint16_t number() const { return number_; }

 private:
  Fd socket_;
  std::uint16_t number_ = 0;
};

class NeighbourProbesTest : public testing::Test {
 protected:
  wire::KubeletPort At(const char* node, const Port& port) { return {node, "127.0.0.1", port.number()}; }
  std::map<std::string, ProbeOutcome> Found(std::size_t many) {
    std::map<std::string, ProbeOutcome> found;
    while (found.size() < many) {
      const auto one = found_.Pop(10s);
      if (!one) break;
      found.emplace(one->node, one->outcome);
    }
    return found;
  }

  BoundedQueue<wire::NeighbourProbed> found_{16};
  NeighbourProbes probes_{[this](const wire::NeighbourProbed& found) { EXPECT_TRUE(found_.Push(found)); },
                          [](const std::string&) { return true; }};
};

TEST_F(NeighbourProbesTest, SayWhoIsThereAndWhoIsNot) {
  Port kubelet;
  kubelet.Listen(8);
  const Port nobody;
  // Whoever comes after these two waits for the kernel, which drops what it has no room for.
  Port deaf;
  deaf.Listen(0);
  TcpAttempt filling[] = {BeginTcp("127.0.0.1", deaf.number()), BeginTcp("127.0.0.1", deaf.number())};
  ASSERT_TRUE(IsReady(filling[0].socket.get(), POLLOUT));
  probes_.Ask({.kubelets = {At("well", kubelet), At("refuses", nobody), At("deaf", deaf)}});
  EXPECT_EQ(Found(3), (std::map<std::string, ProbeOutcome>{{"well", ProbeOutcome::kAccepted},
                                                           {"refuses", ProbeOutcome::kRefused},
                                                           {"deaf", ProbeOutcome::kNoAnswer}}));
}

TEST_F(NeighbourProbesTest, OneThatIsBeingAskedIsNotAskedTwice) {
  Port deaf;
  deaf.Listen(0);
  TcpAttempt filling[] = {BeginTcp("127.0.0.1", deaf.number()), BeginTcp("127.0.0.1", deaf.number())};
  ASSERT_TRUE(IsReady(filling[0].socket.get(), POLLOUT));
  for (int i = 0; i < 3; ++i) probes_.Ask({.kubelets = {At("deaf", deaf)}});
  EXPECT_EQ(Found(1).size(), 1u);
  EXPECT_FALSE(found_.Pop(200ms));
}

TEST(Neighbour, IsAnotherMachine) {
  for (const char* address : {"10.224.0.5", "192.168.1.9", "172.16.0.1", "fd00::5", "2001:db8::1"})
    EXPECT_TRUE(MayBeANeighbour(address)) << address;
  for (const char* address :
       {"", "node-1", "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "ff02::1", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "::127.0.0.1",
        "10.0.0.5:80", "2852039166", "0x7f.1"})
    EXPECT_FALSE(MayBeANeighbour(address)) << address;
}

// The agents of a collector that went mad, or is not ours, ask nobody on their own machine and its link.
TEST(Neighbour, WhatIsNoneIsNotAsked) {
  Port kubelet;
  kubelet.Listen(8);
  BoundedQueue<wire::NeighbourProbed> found(16);
  NeighbourProbes probes([&](const wire::NeighbourProbed& one) { EXPECT_TRUE(found.Push(one)); });
  probes.Ask({.kubelets = {{"itself", "127.0.0.1", kubelet.number()}}});
  EXPECT_FALSE(found.Pop(300ms));
}

}  // namespace
}  // namespace loadline::agent

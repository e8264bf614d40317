#include "collector/ingest/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace loadline::collector {
namespace {

// Who an accepted connection to this endpoint's port is, over IPv4 or IPv6.
PeerAddress Caller(const Listener& listener, bool six) {
  const auto port =
      static_cast<std::uint16_t>(std::stoi(listener.endpoint.substr(listener.endpoint.rfind(':') + 1)));
  const Fd client(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int connected = -1;
  if (six) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    to.sin6_addr = in6addr_loopback;
    connected = ::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to));
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to));
  }
  if (connected != 0) return {"not connected", {}};
  const Fd accepted(::accept(listener.socket.get(), nullptr, nullptr));
  return AddressOfPeer(accepted.get());
}

TEST(Listener, TakesAFreePortAndSaysWhich) {
  for (const char* endpoint : {"tcp://127.0.0.1:0", "tcp://127.0.0.1:*", "tcp://localhost:0"}) {
    const auto listener = Listen(endpoint);
    ASSERT_TRUE(listener) << endpoint << ": " << listener.error().message;
    EXPECT_FALSE(listener->endpoint.ends_with(":0")) << listener->endpoint;
    EXPECT_TRUE(listener->endpoint.starts_with("tcp://")) << listener->endpoint;
  }
}

TEST(Listener, SaysWhoCallsAsPeopleWriteIt) {
  const auto four = Listen("tcp://0.0.0.0:0");
  ASSERT_TRUE(four);
  EXPECT_TRUE(four->endpoint.starts_with("tcp://0.0.0.0:")) << four->endpoint;
  EXPECT_EQ(Caller(*four, false).text, "127.0.0.1");
  const auto both = Listen("tcp://*:0");
  if (!both) GTEST_SKIP() << "no IPv6 here: " << both.error().message;
  EXPECT_EQ(Caller(*both, false).text, "127.0.0.1") << "not as a mapped address";
  EXPECT_EQ(Caller(*both, false).counted, "127.0.0.1");
  EXPECT_EQ(Caller(*both, true).text, "::1");
}

TEST(Listener, APortInUseAndAWrongAddressAreClearErrors) {
  const auto first = Listen("tcp://127.0.0.1:0");
  ASSERT_TRUE(first);
  EXPECT_NE(Listen(first->endpoint).error().message.find("binding to " + first->endpoint), std::string::npos);
  for (const char* wrong : {"127.0.0.1:7400", "tcp://127.0.0.1", "tcp://no.such.name:1",
                            "tcp://127.0.0.1:port", "tcp://127.0.0.1:99999", "ipc:///tmp/x", ""}) {
    const auto listener = Listen(wrong);
    ASSERT_FALSE(listener) << wrong;
    EXPECT_EQ(listener.error().kind, ErrorKind::kInvalid) << wrong;
  }
}

}  // namespace
}  // namespace loadline::collector

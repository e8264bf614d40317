#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <array>
#include <fstream>
#include <set>
#include <string>

#include "agent/uplink/transport.h"
#include "schemas/base/fd.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// Somebody who listens and never answers.
class Deaf {
 public:
  explicit Deaf(int backlog) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), any, size), 0);
    EXPECT_EQ(::listen(listener_.get(), backlog), 0);
    EXPECT_EQ(::getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  // From here on the kernel drops whoever wants to connect, as a packet filter would.
  void FillUp() {
    sockaddr_in address{.sin_family = AF_INET,
                        .sin_port = htons(port_),
                        .sin_addr = {htonl(INADDR_LOOPBACK)},
                        .sin_zero = {}};
    for (Fd& guest : guests_) {
      guest = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      std::ignore = ::connect(guest.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    }
  }
  [[nodiscard]] std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

  // The local ports of connections to us in this state of TCP, without those of our own guests.
  [[nodiscard]] std::set<std::uint16_t> PortsIn(unsigned state) const {
    std::set<std::uint16_t> ports;
    for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      std::ifstream table(name);
      for (std::string line; std::getline(table, line);) {
        unsigned local = 0, remote = 0, its = 0;
        const char* const form = " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%x %x";
        if (std::sscanf(line.c_str(), form, &local, &remote, &its) == 3 && remote == port_ && its == state)
          ports.insert(static_cast<std::uint16_t>(local));
      }
    }
    for (const Fd& guest : guests_) {
      sockaddr_in address{};
      socklen_t size = sizeof(address);
      if (guest.valid() && ::getsockname(guest.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0)
        ports.erase(ntohs(address.sin_port));
    }
    return ports;
  }

 private:
  Fd listener_;
  std::uint16_t port_ = 0;
  std::array<Fd, 8> guests_;
};

constexpr unsigned kEstablished = 1;
constexpr unsigned kSynSent = 2;

// How many connections were tried, one after the other, until there were two or it has taken too long.
std::size_t Tried(const Deaf& deaf, unsigned state) {
  std::array<char, 41> key{}, secret{};
  zmq_curve_keypair(key.data(), secret.data());
  auto transport = ConnectZmq({.endpoint = deaf.endpoint(), .collector_key = key.data(), .context = {}});
  EXPECT_TRUE(transport);
  std::set<std::uint16_t> ports;
  for (const auto end = std::chrono::steady_clock::now() + 25s;
       ports.size() < 2 && std::chrono::steady_clock::now() < end;) {
    (*transport)->Wait(100ms, false);
    ports.merge(deaf.PortsIn(state));
  }
  return ports.size();
}

TEST(ZmqTransport, AConnectionThatLeadsNowhereIsTriedAnewFromAnotherPort) {
  Deaf deaf(0);
  deaf.FillUp();
  EXPECT_EQ(Tried(deaf, kSynSent), 2U);
}

TEST(ZmqTransport, SomebodyWhoNeverShakesHandsIsLeft) {
  const Deaf deaf(16);
  EXPECT_EQ(Tried(deaf, kEstablished), 2U);
}

}  // namespace
}  // namespace loadline::agent

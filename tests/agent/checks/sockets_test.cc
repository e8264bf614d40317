// The kubelet and the container runtime: servers that answer, hang, refuse, and stop.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <functional>
#include <thread>

#include "agent/checks/kubelet_health.h"
#include "agent/checks/runtime_socket.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Duration Elapsed(const std::function<void()>& what) {
  const SystemClock clock;
  const Mono before = clock.Now();
  what();
  return clock.Now() - before;
}

// A socket that listens, and what it says to each connection. Without words it accepts none: the kernel does.
class Server {
 public:
  static Server OnUnix(const std::string& path, int backlog, std::string words) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::ranges::copy(path, address.sun_path);
    return Server(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address, backlog, std::move(words));
  }
  static Server OnLoopback(std::string words) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return Server(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address, 16, std::move(words));
  }
  ~Server() {
    stopped_ = true;
    ::shutdown(fd_.get(), SHUT_RDWR);
  }
  [[nodiscard]] HostPort at() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  }

 private:
  Server(int family, const sockaddr* address, socklen_t size, int backlog, std::string words)
      : fd_(::socket(family, SOCK_STREAM, 0)) {
    EXPECT_EQ(::bind(fd_.get(), address, size), 0);
    EXPECT_EQ(::listen(fd_.get(), backlog), 0);
    if (words.empty()) return;
    thread_ = std::jthread([this, words = std::move(words)] {
      while (!stopped_) {
        const Fd connection(::accept(fd_.get(), nullptr, nullptr));
        if (!connection.valid()) continue;
        char buffer[512];
        (void)!::recv(connection.get(), buffer, sizeof buffer, 0);
        if (words != "close") ::send(connection.get(), words.data(), words.size(), MSG_NOSIGNAL);
      }
    });
  }
  std::atomic<bool> stopped_ = false;
  Fd fd_;
  std::jthread thread_;
};

TEST(JudgeKubelet, Table) {
  struct Row {
    int status;  // 0: no answer
    bool has_answered;
    Health health;
  };
  for (const auto& [status, has_answered, health] :
       {Row{200, true, Health::kGood}, Row{200, false, Health::kGood}, Row{500, false, Health::kBad},
        Row{404, true, Health::kBad}, Row{0, true, Health::kBad}, Row{0, false, Health::kUnknown}}) {
    const Result<PlainAnswer> heard = status != 0
                                          ? Result<PlainAnswer>(PlainAnswer{.status = status, .body = ""})
                                          : Failure(ErrorKind::kUnavailable, "refuses connections");
    EXPECT_EQ(JudgeKubelet("at", heard, has_answered).health, health) << status;
  }
}

// Something else may listen there.
TEST(KubeletHealth, WhatSpeaksNoHttpIsBadOnlyWhereAKubeletAnsweredBefore) {
  for (const char* words : {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1\r\n\r\n", "close"}) {
    const Server server = Server::OnLoopback(words);
    EXPECT_EQ(KubeletHealth(server.at(), true).Look(Mono{}, {}).at(0).health, Health::kBad) << words;
    EXPECT_EQ(KubeletHealth(server.at(), false).Look(Mono{}, {}).at(0).health, Health::kUnknown) << words;
  }
}

TEST(KubeletHealth, IsWhatItSays) {
  const Server well = Server::OnLoopback("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(KubeletHealth(well.at(), false).Look(Mono{}, {}).at(0).health, Health::kGood);
  const Server ill = Server::OnLoopback("HTTP/1.1 500 Internal Server Error\r\n\r\nPLEG is not healthy");
  const auto found = KubeletHealth(ill.at(), false).Look(Mono{}, {});
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_THAT(found.at(0).message, HasSubstr("/healthz says: HTTP 500 PLEG is not healthy"));
}

TEST(KubeletHealth, OneThatHangsIsBadInBoundedTimeAndOnlyWhereThereIsOne) {
  const Server hanging = Server::OnLoopback("");
  KubeletHealth sure(hanging.at(), true);
  std::vector<Judgement> found;
  EXPECT_LT(Elapsed([&] { found = sure.Look(Mono{}, {}); }), KubeletHealth::kPatience + 1s);
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_THAT(found.at(0).message, HasSubstr("does not answer in time"));
  EXPECT_EQ(KubeletHealth(hanging.at(), false).Look(Mono{}, {}).at(0).health, Health::kUnknown);
}

TEST(KubeletHealth, OneThatDisappearsWasThere) {
  std::unique_ptr<Server> server(new Server(Server::OnLoopback("HTTP/1.1 200 OK\r\n\r\nok")));
  KubeletHealth check(server->at(), false);
  EXPECT_EQ(check.Look(Mono{}, {}).at(0).health, Health::kGood);
  server.reset();
  const auto found = check.Look(Mono{}, {});
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_THAT(found.at(0).message, HasSubstr("refuses connections"));
}

TEST(KubeletHealth, StopsWhenAskedTo) {
  const Server hanging = Server::OnLoopback("");
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  EXPECT_LT(Elapsed([&] { KubeletHealth(hanging.at(), true).Look(Mono{}, stop.get_token()); }), 1s);
}

TEST(RuntimeSocket, AnyWordWillDo) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/runtime.sock";
  const Server server = Server::OnUnix(path, 16, std::string("\0\0\0\4\0\0\0\0\0", 9));
  EXPECT_EQ(RuntimeSocket(path, true).Look(Mono{}, {}).at(0).health, Health::kGood);
}

// The kernel accepts for a server that does nothing.
TEST(RuntimeSocket, OneThatAcceptsNothingIsBadInBoundedTime) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/runtime.sock";
  const Server hanging = Server::OnUnix(path, 0, "");
  RuntimeSocket check(path, true);
  std::vector<Judgement> found;
  EXPECT_LT(Elapsed([&] { found = check.Look(Mono{}, {}); }), RuntimeSocket::kPatience + 1s);
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_THAT(found.at(0).message, HasSubstr("does not answer in time"));
  // Now as many wait as may.
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::ranges::copy(path, address.sun_path);
  const Fd waiting(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  (void)::connect(waiting.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  const Fd another(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  (void)::connect(another.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_LT(Elapsed([&] { found = check.Look(Mono{}, {}); }), RuntimeSocket::kPatience + 1s);
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_THAT(found.at(0).message, HasSubstr("does not accept connections in time"));
}

TEST(RuntimeSocket, OneThatIsNotThereIsBadOnlyWhereThereWasOne) {
  const auto found = RuntimeSocket("/nowhere/runtime.sock", true).Look(Mono{}, {});
  EXPECT_EQ(found.at(0).health, Health::kBad);
  EXPECT_EQ(found.at(0).message, "/nowhere/runtime.sock is not there");
  EXPECT_EQ(RuntimeSocket("/nowhere/runtime.sock", false).Look(Mono{}, {}).at(0).health, Health::kUnknown);
}

}  // namespace
}  // namespace loadline::agent

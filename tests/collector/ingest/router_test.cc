// The door under hands that misbehave: real sockets, and a client that says what it likes.
#include "collector/ingest/router.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <map>

#include "schemas/base/fd.h"
#include "tests/support/curve_client.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::CurveClient;

constexpr Duration kPatience = 20s;

// Lets in the keys that it was told, if any.
class SomeKeys final : public AgentKeys {
 public:
  [[nodiscard]] bool Admits(const zmtp::Key& client, Mono) override { return client == known; }
  zmtp::Key known{};
};

// A connection to the router, and what the client has said and heard on it.
class Client {
 public:
  Client(const std::string& endpoint, const zmtp::Key& server, const test::KeyPair& own, bool reads = true)
      : curve(server, own), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4096;
    if (!reads) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  }

  bool Say(const Bytes& bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(bytes.size());
  }
  // What has come; and whether the other end has closed.
  Bytes Hear() {
    std::array<std::byte, 65536> buffer{};
    Bytes heard;
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) {
        closed_ = closed_ || got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return heard;
      }
      heard.insert(heard.end(), buffer.begin(), buffer.begin() + got);
    }
  }
  bool IsClosed() {
    std::ignore = Hear();
    return closed_;
  }

  CurveClient curve;

 private:
  Fd socket_;
  bool closed_ = false;
};

class RouterTest : public testing::Test {
 protected:
  void Start(const RouterLimits& limits = {}) {
    keys_.known = agent_.public_key;
    auto router = Router::Bind("tcp://127.0.0.1:0", pair_, &keys_, limits, clock_);
    ASSERT_TRUE(router) << router.error().message;
    router_ = *std::move(router);
  }

  std::unique_ptr<Client> Connect(const test::KeyPair& own, bool reads = true) {
    return std::make_unique<Client>(router_->endpoint(), *DecodeKey(pair_.public_key), own, reads);
  }
  // Turns of the router until it is so.
  bool Until(const std::function<bool()>& condition) {
    for (const Mono end = clock_.Now() + kPatience; clock_.Now() < end;) {
      router_->Wait(1ms, true);
      while (const auto incoming = router_->Receive()) {
        heard_[incoming->peer].emplace_back(reinterpret_cast<const char*>(incoming->frame.data()),
                                            incoming->frame.size());
      }
      if (condition()) return true;
    }
    return false;
  }
  // Up to READY.
  bool Establish(Client& client) {
    Bytes heard;
    const auto hears = [&](std::size_t bytes) {
      return Until([&] {
        const Bytes more = client.Hear();
        heard.insert(heard.end(), more.begin(), more.end());
        return heard.size() >= bytes;
      });
    };
    if (!client.Say(CurveClient::Greeting()) || !client.Say(client.curve.Hello())) return false;
    if (!hears(zmtp::kGreetingBytes + 170)) return false;
    if (!client.Say(client.curve.Initiate(std::exchange(heard, {})))) return false;
    return hears(60) && client.curve.Ready(heard).has_value();
  }
  static void SayAgain(Client& client, int times) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(client.Say(client.curve.Message("again")));
  }
  // Established, and its first message heard; the name that the router has for it.
  PeerId Introduce(Client& client) {
    EXPECT_TRUE(Establish(client));
    const auto before = heard_;
    EXPECT_TRUE(client.Say(client.curve.Message("here")));
    PeerId name;
    EXPECT_TRUE(Until([&] {
      for (const auto& [peer, messages] : heard_) {
        if (!before.contains(peer) && messages.back() == "here") name = peer;
      }
      return !name.empty();
    }));
    return name;
  }
  std::uint64_t Refused(Refusal why) {
    const auto refused = router_->Metrics().refused;
    const auto found = refused.find({"127.0.0.1", why});
    return found == refused.end() ? 0 : found->second;
  }

  const SystemClock clock_;
  const CurveKeys pair_ = *NewCurveKeys();
  const test::KeyPair agent_ = test::NewKeyPair();
  SomeKeys keys_;
  std::unique_ptr<Router> router_;
  std::map<PeerId, std::vector<std::string>> heard_;
};

TEST_F(RouterTest, AnAgentIsHeardAndAnswered) {
  Start();
  const auto client = Connect(agent_);
  const PeerId name = Introduce(*client);
  const std::string answer = "welcome";
  EXPECT_TRUE(router_->Send(name, std::as_bytes(std::span(answer))));
  Bytes heard;
  EXPECT_TRUE(Until([&] { return !(heard = client->Hear()).empty(); }));
  EXPECT_EQ(client->curve.Open(heard), std::string("\0welcome", 8));
}

TEST_F(RouterTest, AStrangerEndsInTheHandshake) {
  Start();
  const auto stranger = Connect(test::NewKeyPair());
  ASSERT_TRUE(stranger->Say(CurveClient::Greeting()) && stranger->Say(stranger->curve.Hello()));
  Bytes heard;
  ASSERT_TRUE(Until([&] {
    const Bytes more = stranger->Hear();
    heard.insert(heard.end(), more.begin(), more.end());
    return heard.size() >= zmtp::kGreetingBytes + 170;
  }));
  ASSERT_TRUE(stranger->Say(stranger->curve.Initiate(heard)));
  EXPECT_TRUE(Until([&] { return stranger->IsClosed(); }));
  EXPECT_EQ(Refused(Refusal::kUnknownAgent), 1U);
  EXPECT_EQ(router_->Metrics().connections, 0U);
}

TEST_F(RouterTest, NoiseIsRefusedAtItsFirstBytes) {
  Start();
  const auto noise = Connect(agent_);
  const std::string http = "GET /metrics HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(noise->Say({reinterpret_cast<const std::byte*>(http.data()),
                          reinterpret_cast<const std::byte*>(http.data()) + http.size()}));
  EXPECT_TRUE(Until([&] { return noise->IsClosed(); }));
  EXPECT_EQ(Refused(Refusal::kNotZmtp), 1U);
}

TEST_F(RouterTest, ACrowdOfStrangersKeepsNoAgentOut) {
  RouterLimits limits;
  limits.admission.stages[0].per_address = 8;
  Start(limits);
  const auto before = Connect(agent_);
  const PeerId name = Introduce(*before);
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 60; ++i) {
    crowd.push_back(Connect(test::NewKeyPair()));
    ASSERT_TRUE(Until([&] {
      return router_->Metrics().connections >= std::min<std::uint64_t>(static_cast<std::uint64_t>(i) + 2, 9);
    }));
  }
  EXPECT_LE(router_->Metrics().connections, 9U);
  EXPECT_GE(Refused(Refusal::kCrowded), 50U);
  const auto later = Connect(agent_);
  EXPECT_FALSE(Introduce(*later).empty());
  ASSERT_TRUE(before->Say(before->curve.Message("still here")));
  EXPECT_TRUE(Until([&] { return heard_[name].back() == "still here"; }));
}

TEST_F(RouterTest, WhoSaysNothingIsEndedAfterAWhile) {
  RouterLimits limits;
  limits.admission.stages[0].patience = 50ms;
  limits.admission.stages[1].patience = 300ms;
  Start(limits);
  const auto silent = Connect(agent_);
  EXPECT_TRUE(Until([&] { return silent->IsClosed(); }));
  EXPECT_EQ(Refused(Refusal::kLate), 1U);
  const auto known = Connect(agent_);
  const PeerId name = Introduce(*known);
  ASSERT_TRUE(router_->Admit(name)) << "one that speaks for a node stays";
  const auto unknown = Connect(agent_);
  ASSERT_TRUE(Establish(*unknown));
  EXPECT_TRUE(Until([&] { return unknown->IsClosed(); }));
  EXPECT_FALSE(known->IsClosed());
}

TEST_F(RouterTest, ManyHandshakesOfOneAddressAreRefusedAtTheDoor) {
  RouterLimits limits;
  limits.admission.handshakes_at_once = 5;
  limits.admission.handshakes_a_second = 0.001;
  Start(limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(Connect(agent_));
  EXPECT_TRUE(Until([&] { return Refused(Refusal::kTooManyHandshakes) == 15; }));
}

TEST_F(RouterTest, APartOfAMessageIsTheEndOfIt) {
  Start();
  const auto client = Connect(agent_);
  const PeerId name = Introduce(*client);
  ASSERT_TRUE(client->Say(client->curve.Message(std::string(1000, 'x'), /*flags=*/1)));
  EXPECT_TRUE(Until([&] { return client->IsClosed(); }));
  EXPECT_EQ(Refused(Refusal::kBadMessage), 1U);
  EXPECT_EQ(heard_[name].size(), 1U);
}

TEST_F(RouterTest, ANameIsGivenOnceAndNobodyCanChooseHis) {
  Start();
  const auto first = Connect(agent_);
  const PeerId name = Introduce(*first);
  router_->End(name);
  EXPECT_TRUE(Until([&] { return first->IsClosed(); }));
  for (int i = 0; i < 5; ++i) {
    const auto next = Connect(agent_);
    EXPECT_NE(Introduce(*next), name);
  }
  EXPECT_FALSE(router_->Send(name, {})) << "nobody has it any more";
}

TEST_F(RouterTest, BeforeItsHelloAPeerMayNotSendLargeMessages) {
  RouterLimits limits;
  limits.hello_bytes = 1000;
  Start(limits);
  const auto known = Connect(agent_);
  const PeerId name = Introduce(*known);
  ASSERT_TRUE(router_->Admit(name));
  ASSERT_TRUE(known->Say(known->curve.Message(std::string(5000, 'x'))));
  EXPECT_TRUE(Until([&] { return heard_[name].back().size() == 5000; }));
  const auto unknown = Connect(agent_);
  std::ignore = Introduce(*unknown);
  ASSERT_TRUE(unknown->Say(unknown->curve.Message(std::string(1001, 'x'))));
  EXPECT_TRUE(Until([&] { return unknown->IsClosed(); }));
  EXPECT_EQ(Refused(Refusal::kTooLarge), 1U);
}

TEST_F(RouterTest, MessagesThatDoNotEndAreBoundedByBytesAndTime) {
  RouterLimits limits;
  limits.unfinished_of_address = 100'000;
  limits.unfinished_for = 300ms;
  Start(limits);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(Connect(agent_));
    ASSERT_TRUE(router_->Admit(Introduce(*slow.back())));
    Bytes half = slow.back()->curve.Message(std::string(90'000, 'x'));
    half.resize(60'000);
    ASSERT_TRUE(slow.back()->Say(half));
  }
  EXPECT_TRUE(Until([&] { return Refused(Refusal::kUnfinished) == 2; })) << "the longest first";
  EXPECT_TRUE(Until([&] { return Refused(Refusal::kUnfinished) == 3; })) << "and the last after its time";
}

TEST_F(RouterTest, WhoDoesNotReadItsAnswersIsEnded) {
  RouterLimits limits;
  limits.unread_answers = 64 << 10;
  Start(limits);
  const auto client = Connect(agent_, /*reads=*/false);
  const PeerId name = Introduce(*client);
  const Bytes answer(60'000);
  bool takes = true;
  for (int i = 0; i < 1000 && takes; ++i) takes = router_->Send(name, answer);
  EXPECT_FALSE(takes);
  EXPECT_EQ(Refused(Refusal::kDoesNotRead), 1U);
}

TEST_F(RouterTest, WhoSaysTooMuchIsHeardLaterAndOthersAtOnce) {
  RouterLimits limits;
  limits.bytes_at_once = 10'000;
  limits.bytes_a_second = 1;
  Start(limits);
  const auto loud = Connect(agent_);
  const PeerId its_name = Introduce(*loud);
  ASSERT_TRUE(router_->Admit(its_name));
  SayAgain(*loud, 50);
  const auto calm = Connect(agent_);
  std::ignore = Introduce(*calm);
  EXPECT_LE(heard_[its_name].size(), 10U);
  EXPECT_FALSE(loud->IsClosed()) << "it waits, and loses nothing";
}

TEST_F(RouterTest, WhoSpeaksForNoNodeHasLittleToSay) {
  RouterLimits limits;
  limits.stranger_bytes_at_once = 10'000;
  limits.stranger_bytes_a_second = 1;
  Start(limits);
  const auto stranger = Connect(agent_);
  const PeerId its_name = Introduce(*stranger);
  SayAgain(*stranger, 50);
  const auto node = Connect(agent_);
  const PeerId its_own = Introduce(*node);
  ASSERT_TRUE(router_->Admit(its_own));
  SayAgain(*node, 50);
  EXPECT_TRUE(Until([&] { return heard_[its_own].size() == 51; }));
  EXPECT_LE(heard_[its_name].size(), 10U);
}

TEST_F(RouterTest, OneThatRestsIsHeardAfterwardsWithNothingLost) {
  Start();
  const auto client = Connect(agent_);
  const PeerId name = Introduce(*client);
  const Mono until = clock_.Now() + 200ms;
  router_->Rest(name, until);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client->Say(client->curve.Message(std::to_string(i))));
  bool too_soon = false;
  EXPECT_TRUE(Until([&] {
    too_soon = too_soon || (heard_[name].size() > 1 && clock_.Now() < until);
    return heard_[name].size() == 21;
  }));
  EXPECT_FALSE(too_soon);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(heard_[name][static_cast<std::size_t>(i) + 1], std::to_string(i));
}

TEST_F(RouterTest, ItsLastWordIsHeardBeforeTheConnectionEnds) {
  Start();
  const auto client = Connect(agent_);
  const PeerId name = Introduce(*client);
  const Bytes word(200'000);
  EXPECT_TRUE(router_->Send(name, word));
  router_->End(name);
  std::size_t heard = 0;
  EXPECT_TRUE(Until([&] {
    heard += client->Hear().size();
    return client->IsClosed();
  }));
  EXPECT_GT(heard, word.size());
}

TEST_F(RouterTest, KeysThatAreNoPairAreRefused) {
  EXPECT_FALSE(Router::Bind("tcp://127.0.0.1:0",
                            {.public_key = pair_.public_key, .secret_key = NewCurveKeys()->secret_key},
                            nullptr, {}, clock_));
}

}  // namespace
}  // namespace loadline::collector

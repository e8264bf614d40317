#include "collector/reach/reach.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// A port of this machine.
class Port {
 public:
  Port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in any = Loopback(0);
    (void)::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any));
    sockaddr_in bound{};
    socklen_t size = sizeof(bound);
    (void)::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.sin_port);
  }
  void Listen() const { (void)::listen(socket_.get(), 64); }
  // As if nobody were there: who is in the queue is never taken out of it, and when it is full a connection is not
  // answered.
  void HearNobody() {
    (void)::listen(socket_.get(), 0);
    for (int i = 0; i < 4; ++i) {
      Fd one(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      const sockaddr_in to = Loopback(port_);
      (void)::connect(one.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      waiting_.push_back(std::move(one));
    }
  }
  // Takes a connection and reads what is asked on it; `answer` goes back.
  void Serve(const std::string& answer) const {
    Fd one(::accept(socket_.get(), nullptr, nullptr));
    char asked[128];
    ASSERT_GT(::recv(one.get(), asked, sizeof(asked), 0), 0);
    EXPECT_TRUE(std::string_view(asked).starts_with("GET /healthz HTTP/1.1\r\n"));
    if (!answer.empty()) (void)::send(one.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  [[nodiscard]] Reach::Target target() const { return {.address = "127.0.0.1", .port = port_}; }

 private:
  Fd socket_;
  std::uint16_t port_ = 0;
  std::vector<Fd> waiting_;
};

class ReachTest : public ::testing::Test {
 protected:
  bool Until(const std::function<bool(const Witness&)>& is_so) {
    for (const Mono end = clock_.Now() + 10s; clock_.Now() < end; std::this_thread::sleep_for(5ms)) {
      if (is_so(reach_.Of("node-1"))) return true;
    }
    return false;
  }

  SystemClock clock_;
  std::atomic<int> news_ = 0;
  Port port_;
  Reach reach_{clock_, [this] { ++news_; }, {.pace = {.patience = 50ms, .answer = 100ms}}};
};

TEST_F(ReachTest, OneThatAnswersIsKnownToBeThereBeforeAnybodyDoubts) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.knows; }));
  EXPECT_EQ(news_, 0);
  EXPECT_FALSE(reach_.Of("node-2").knows) << "nobody watches it";
}

TEST_F(ReachTest, WhoIsDoubtedIsAskedAgainAndAgain) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.knows; }));
  port_.HearNobody();
  reach_.Doubt({"node-1"});
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.unanswered >= 3; }));
  EXPECT_GE(news_, 3);
  EXPECT_TRUE(reach_.Of("node-1").knows);
}

TEST_F(ReachTest, ARefusalIsTheMachinesAnswer) {
  reach_.Watch({{"node-1", port_.target()}});
  reach_.Doubt({"node-1"});
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.refused >= 3; }));
  EXPECT_FALSE(reach_.Of("node-1").knows) << "a firewall may refuse as well";
  port_.Listen();
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.knows && witness.refused == 0; }));
}

TEST_F(ReachTest, WhoHasNeverAnsweredIsNotAMinuteUnknown) {
  reach_.Watch({{"node-1", port_.target()}});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.refused >= 1; }));
  port_.Listen();
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.knows; }));
}

TEST_F(ReachTest, AnotherDoubtBeginsAnew) {
  port_.HearNobody();
  reach_.Watch({{"node-1", port_.target()}});
  reach_.Doubt({"node-1"});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.unanswered >= 3; }));
  reach_.Doubt({});
  reach_.Doubt({"node-1"});
  EXPECT_LT(reach_.Of("node-1").unanswered, 3);
}

TEST_F(ReachTest, AnAnswerToARequestShowsThatSomebodyRunsThere) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  port_.Serve("HTTP/1.0 400 Bad Request\r\n\r\n");
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.answered.has_value(); }));
  EXPECT_EQ(reach_.Of("node-1").mute, 0);
}

TEST_F(ReachTest, WhoIsMetIsSaidOnceAndAgainWhenItAnswers) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.knows; }));
  EXPECT_EQ(reach_.TakeMet(), (std::vector<Reach::Met>{{"node-1", port_.target()}}));
  port_.Serve("HTTP/1.0 400 Bad Request\r\n\r\n");
  reach_.Doubt({"node-1"});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.answered.has_value(); }));
  EXPECT_EQ(reach_.TakeMet(), (std::vector<Reach::Met>{{"node-1", port_.target(), true}}));
  EXPECT_TRUE(reach_.TakeMet().empty());
}

TEST_F(ReachTest, WhoAnEarlierProcessMetIsKnownWhereItWas) {
  port_.HearNobody();
  Reach::Target elsewhere = port_.target();
  ++elsewhere.port;
  reach_.Remember({{"node-1", port_.target(), true}, {"node-2", elsewhere, true}});
  reach_.Watch({{"node-1", port_.target()}, {"node-2", port_.target()}});
  EXPECT_TRUE(reach_.Of("node-1").knows);
  ASSERT_TRUE(reach_.Of("node-1").answered);
  EXPECT_LT(*reach_.Of("node-1").answered, clock_.Now() - 1h) << "not lately";
  EXPECT_FALSE(reach_.Of("node-2").knows) << "it was at another address";
  reach_.Doubt({"node-1"});
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.unanswered >= 3; }));
  EXPECT_TRUE(reach_.TakeMet().empty());
}

TEST_F(ReachTest, WhoAcceptsAndNeverAnswersIsMute) {
  port_.Listen();  // and takes none: what a program does that stands still
  reach_.Watch({{"node-1", port_.target()}});
  reach_.Doubt({"node-1"});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.mute >= 3; }));
  EXPECT_FALSE(reach_.Of("node-1").answered);
  EXPECT_TRUE(reach_.Of("node-1").knows);
  EXPECT_GE(news_, 3);
}

TEST_F(ReachTest, AConnectionThatEndsWithoutAWordIsNoAnswer) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  port_.Serve("");
  EXPECT_TRUE(Until([](const Witness& witness) { return witness.mute == 1; }));
  EXPECT_FALSE(reach_.Of("node-1").answered);
}

TEST_F(ReachTest, ANodeThatMovedIsAnother) {
  port_.Listen();
  reach_.Watch({{"node-1", port_.target()}});
  ASSERT_TRUE(Until([](const Witness& witness) { return witness.knows; }));
  Port other;
  reach_.Watch({{"node-1", other.target()}});
  EXPECT_FALSE(reach_.Of("node-1").knows);
}

TEST_F(ReachTest, WhatIsNoAddressSaysNothing) {
  reach_.Watch({{"node-1", {.address = "node-1.example", .port = 10250}}});
  reach_.Doubt({"node-1"});
  std::this_thread::sleep_for(200ms);
  const Witness witness = reach_.Of("node-1");
  EXPECT_FALSE(witness.knows);
  EXPECT_EQ(witness.unanswered, 0);
}

}  // namespace
}  // namespace loadline::collector

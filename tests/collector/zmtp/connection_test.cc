#include "collector/zmtp/connection.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/curve_client.h"

namespace loadline::collector::zmtp {
namespace {

using test::CurveClient;
using test::KeyPair;

constexpr std::size_t kMost = 1 << 20;

class ZmtpConnectionTest : public testing::Test {
 protected:
  // Gives it bytes as they may come; the messages that were in them, or what is wrong.
  Expected<std::vector<std::string>> Give(Bytes bytes) {
    std::vector<std::string> messages;
    std::span<std::byte> rest(bytes);
    while (!rest.empty()) {
      const auto taken = connection_.Take(rest);
      if (!taken) return std::unexpected(taken.error());
      if (taken->bytes == 0) break;
      if (taken->message) {
        messages.emplace_back(reinterpret_cast<const char*>(taken->message->data()), taken->message->size());
      }
      rest = rest.subspan(taken->bytes);
    }
    left_ = rest.size();
    return messages;
  }
  Bytes Said() { return std::exchange(connection_.output(), {}); }

  // Up to WELCOME; gives INITIATE.
  Bytes Begin(std::string_view socket_type = "DEALER") {
    EXPECT_TRUE(Give(CurveClient::Greeting()));
    EXPECT_TRUE(Give(client_.Hello()));
    return client_.Initiate(Said(), socket_type);
  }
  void Establish() {
    ASSERT_TRUE(Give(Begin()));
    ASSERT_TRUE(connection_.established());
    ASSERT_TRUE(client_.Ready(Said()));
  }

  const KeyPair server_pair_ = test::NewKeyPair();
  const KeyPair agent_ = test::NewKeyPair();
  const ServerKeys keys_{.public_key = server_pair_.public_key, .secret_key = server_pair_.secret_key};
  CurveClient client_{keys_.public_key, agent_};
  Connection connection_{keys_, [this](const Key& key) { return key == agent_.public_key; }, kMost};
  std::size_t left_ = 0;
};

TEST_F(ZmtpConnectionTest, AClientWithAKnownKeyIsHeardAndAnswered) {
  Establish();
  EXPECT_EQ(*Give(client_.Message("hello")), (std::vector<std::string>{"hello"}));
  EXPECT_EQ(*Give(client_.Message("")), (std::vector<std::string>{""}));
  EXPECT_TRUE(Said().empty());
  const std::string answer = "welcome";
  connection_.Say(std::as_bytes(std::span(answer)));
  EXPECT_EQ(client_.Open(Said()), std::string("\0welcome", 8));
}

TEST_F(ZmtpConnectionTest, BytesMayComeOneByOneOrAllTogether) {
  Bytes all = CurveClient::Greeting();
  const Bytes hello = client_.Hello();
  all.insert(all.end(), hello.begin(), hello.end());
  std::span<std::byte> kept(all);
  std::size_t given = 0;
  for (std::size_t end = 1; end <= all.size(); ++end) {
    const auto taken = connection_.Take(kept.subspan(given, end - given));
    ASSERT_TRUE(taken) << end;
    given += taken->bytes;
  }
  EXPECT_EQ(given, all.size());
  const Bytes initiate = client_.Initiate(Said());
  ASSERT_TRUE(Give(initiate));
  ASSERT_TRUE(client_.Ready(Said()));
  Bytes two = client_.Message("one");
  const Bytes second = client_.Message(std::string(70'000, 'x'));
  two.insert(two.end(), second.begin(), second.end() - 1);
  EXPECT_EQ(*Give(two), (std::vector<std::string>{"one"}));
  EXPECT_EQ(left_, second.size() - 1) << "what is not whole stays with the caller";
}

TEST_F(ZmtpConnectionTest, AClientWithoutAKeyOfOursEndsInTheHandshakeAndHearsWhy) {
  CurveClient stranger(keys_.public_key, test::NewKeyPair());
  ASSERT_TRUE(Give(CurveClient::Greeting()));
  ASSERT_TRUE(Give(stranger.Hello()));
  EXPECT_EQ(Give(stranger.Initiate(Said())).error(), Fault::kUnknownClient);
  EXPECT_FALSE(connection_.established());
  const Bytes said = Said();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(said.data()), said.size()),
            (std::string("\4\12\5ERROR\3", 9) + "400").substr(0, said.size()));
}

TEST_F(ZmtpConnectionTest, AClientThatUsesSomebodyElsesPublicKeyIsRefused) {
  // It knows the agent's public key, not its secret one.
  CurveClient thief(keys_.public_key,
                    {.public_key = agent_.public_key, .secret_key = test::NewKeyPair().secret_key});
  ASSERT_TRUE(Give(CurveClient::Greeting()));
  ASSERT_TRUE(Give(thief.Hello()));
  EXPECT_EQ(Give(thief.Initiate(Said())).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, AVouchForAnotherConnectionIsRefused) {
  client_.vouched_for = test::NewKeyPair().public_key;
  EXPECT_EQ(Give(Begin()).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, AClientOfAnotherCollectorIsRefused) {
  CurveClient other(test::NewKeyPair().public_key, agent_);
  ASSERT_TRUE(Give(CurveClient::Greeting()));
  EXPECT_EQ(Give(other.Hello()).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, AShortTermKeyOfSmallOrderIsRefused) {
  client_.short_term.public_key = {};  // whose secret with anybody is known to all
  ASSERT_TRUE(Give(CurveClient::Greeting()));
  EXPECT_EQ(Give(client_.Hello()).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, WhatIsNoDealerIsRefused) {
  EXPECT_EQ(Give(Begin("ROUTER")).error(), Fault::kWrongSocketType);
}

TEST_F(ZmtpConnectionTest, APartOfAMessageIsRefusedAndNotKept) {
  Establish();
  EXPECT_EQ(Give(client_.Message("part", /*flags=*/1)).error(), Fault::kMultipart);
}

TEST_F(ZmtpConnectionTest, WhatWasSaidOnceCannotBeSaidAgain) {
  Establish();
  const Bytes message = client_.Message("once");
  ASSERT_TRUE(Give(message));
  EXPECT_EQ(Give(message).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, NumbersGoOnFromTheHandshake) {
  Establish();
  client_.number = 1;  // HELLO's
  EXPECT_EQ(Give(client_.Message("again")).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, ABitThatChangedOnTheWayIsNoticed) {
  Establish();
  Bytes message = client_.Message("text");
  message.back() ^= std::byte{1};
  EXPECT_EQ(Give(message).error(), Fault::kWrongKey);
}

TEST_F(ZmtpConnectionTest, AFrameOverTheBoundIsRefusedByItsLength) {
  EXPECT_TRUE(Give(CurveClient::Greeting()));
  Bytes huge;
  AppendHeader(huge, /*command=*/true, kMaxHandshakeFrame + 1);
  EXPECT_EQ(Give(huge).error(), Fault::kTooLarge);
}

TEST_F(ZmtpConnectionTest, AMessageMayBeAsLongAsItIsAllowed) {
  Establish();
  connection_.Allow(100);
  EXPECT_TRUE(Give(client_.Message(std::string(100, 'x'))));
  const Bytes longer = client_.Message(std::string(101, 'x'));
  EXPECT_EQ(Give(longer).error(), Fault::kTooLarge);
}

TEST_F(ZmtpConnectionTest, CommandsInTheWrongPlaceAreRefused) {
  EXPECT_TRUE(Give(CurveClient::Greeting()));
  const Bytes hello = client_.Hello();
  ASSERT_TRUE(Give(hello));
  EXPECT_EQ(Give(hello).error(), Fault::kBadCommand) << "HELLO in place of INITIATE";
}

TEST_F(ZmtpConnectionTest, NothingIsSaidInTheClear) {
  ASSERT_TRUE(Give(CurveClient::Greeting()));
  const std::string text = "in the clear";
  EXPECT_EQ(Give(test::Framed(std::as_bytes(std::span(text)), /*command=*/false)).error(),
            Fault::kBadCommand);
}

TEST_F(ZmtpConnectionTest, APingIsAnsweredWithItsContext) {
  Establish();
  EXPECT_TRUE(Give(client_.Message(std::string("\4PING\0\12", 7) + "context", /*flags=*/2)));
  EXPECT_EQ(client_.Open(Said()), "\2\4PONGcontext");
  EXPECT_EQ(Give(client_.Message(std::string("\4PING\0\12", 7) + std::string(17, 'c'), 2)).error(),
            Fault::kBadCommand);
}

TEST_F(ZmtpConnectionTest, OtherCommandsArePassedOver) {
  Establish();
  EXPECT_EQ(*Give(client_.Message("\11SUBSCRIBEall", /*flags=*/2)), std::vector<std::string>{});
  EXPECT_TRUE(Said().empty());
}

}  // namespace
}  // namespace loadline::collector::zmtp

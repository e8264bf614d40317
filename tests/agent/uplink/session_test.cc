#include "agent/uplink/session.h"

#include <gtest/gtest.h>

#include <chrono>

#include "schemas/base/clock.h"
#include "schemas/wire/decode.h"
#include "tests/support/fake_network.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kEpoch = 7;

// An agent's session, and its collector played by the test.
class SessionTest : public testing::Test {
 protected:
  void Add(std::uint64_t sequence) {
    session_.Add({.key = {kEpoch, sequence},
                  .frame = *wire::Encode(wire::Record{.epoch = kEpoch, .sequence = sequence})},
                 clock_.Now());
  }

  void Step(Duration after = 0ms) {
    clock_.Advance(after);
    session_.Step(clock_.Now(), clock_.WallNow());
  }

  // The next thing the agent says, or nothing.
  template <typename T>
  std::optional<T> Heard() {
    const auto incoming = network_.Receive();
    if (!incoming) return std::nullopt;
    peer_ = incoming->peer;
    wire::Message message = *wire::Decode(incoming->frame);
    EXPECT_TRUE(std::holds_alternative<T>(message)) << "kind " << message.index();
    return std::get<T>(std::move(message));
  }
  void ExpectSilence() { EXPECT_FALSE(network_.Receive()); }

  void Say(const wire::Message& message) {
    ASSERT_TRUE(network_.Send(peer_, *wire::Encode(message)));
    Step();
  }

  // Hello, Welcome and the first heartbeat.
  wire::Hello Greet(std::uint64_t last_sequence = 0) {
    Step();
    const auto hello = Heard<wire::Hello>();
    EXPECT_TRUE(hello);
    Say(wire::Welcome{.last_sequence = last_sequence});
    EXPECT_TRUE(Heard<wire::Heartbeat>());
    return hello.value_or(wire::Hello{});
  }

  std::vector<std::uint64_t> HeardRecords() {
    std::vector<std::uint64_t> sequences;
    while (const auto record = Heard<wire::Record>()) sequences.push_back(record->sequence);
    return sequences;
  }

  using Sequences = std::vector<std::uint64_t>;

  ManualClock clock_;
  test::FakeNetwork network_;
  std::unique_ptr<Transport> transport_ = network_.NewTransport();
  Spool spool_ = *Spool::Open({});
  std::string token_ = "t1";
  Session session_{{.in_flight_records = 4, .seed = 1},
                   {.node = "n", .boot_id = "b", .epoch = kEpoch},
                   [this] { return token_; },
                   spool_,
                   *transport_};
  std::string peer_;
};

TEST_F(SessionTest, GreetsWithTheTokenOfTheMoment) {
  EXPECT_EQ(Greet().token, "t1");
  token_ = "t2";
  Say(wire::Reject{.reason = wire::RejectReason::kNotGreeted});
  EXPECT_EQ(Heard<wire::Hello>()->token, "t2");
}

TEST_F(SessionTest, SendsNothingButHelloBeforeItIsWelcome) {
  Add(1);
  Step();
  EXPECT_TRUE(Heard<wire::Hello>());
  Step(1s);
  ExpectSilence();
}

TEST_F(SessionTest, RecordsGoInOrderAndAreForgottenWhenAcknowledged) {
  Greet();
  Add(1);
  Add(2);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{1, 2}));
  EXPECT_EQ(spool_.counts().records, 2u);
  Say(wire::Ack{.epoch = kEpoch, .sequence = 2});
  EXPECT_EQ(spool_.counts().records, 0u);
  EXPECT_EQ(session_.held().up_to, 2u);
}

TEST_F(SessionTest, NoMoreAreUnderWayThanAllowed) {
  Greet();
  for (std::uint64_t i = 1; i <= 10; ++i) Add(i);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{1, 2, 3, 4}));
  Say(wire::Ack{.epoch = kEpoch, .sequence = 3});
  EXPECT_EQ(HeardRecords(), (Sequences{5, 6, 7}));
}

TEST_F(SessionTest, AfterAReconnectItGoesOnFromWhatTheCollectorHas) {
  Greet();
  for (std::uint64_t i = 1; i <= 4; ++i) Add(i);
  Step();
  EXPECT_EQ(HeardRecords().size(), 4u);
  network_.CutAll();
  Step(1s);
  EXPECT_TRUE(Heard<wire::Heartbeat>());  // on the new connection, where nobody knows it
  Say(wire::Reject{.reason = wire::RejectReason::kNotGreeted});
  EXPECT_EQ(Heard<wire::Hello>()->first_sequence, 1u);
  Say(wire::Welcome{.last_sequence = 2});
  EXPECT_EQ(Heard<wire::Heartbeat>()->spooled_records, 2u);
  EXPECT_EQ(HeardRecords(), (Sequences{3, 4}));
}

TEST_F(SessionTest, HeartbeatsTellTheAgeOfTheLastWindow) {
  Greet();
  Add(1);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{1}));
  Step(1s);
  EXPECT_EQ(Heard<wire::Heartbeat>()->window_age_ms, 1000u);
  Step(500ms);
  ExpectSilence();
  Step(500ms);
  EXPECT_EQ(Heard<wire::Heartbeat>()->window_age_ms, 2000u);
}

TEST_F(SessionTest, ACollectorThatFallsSilentIsLeftAndTriedAgain) {
  Greet();
  for (int second = 0; second < 9; ++second) Step(1s);
  EXPECT_TRUE(session_.counts().connected);
  Step(1s);
  EXPECT_FALSE(session_.counts().connected);
  EXPECT_EQ(network_.connections(), 0u);
  Step(100ms);
  EXPECT_TRUE(Heard<wire::Hello>());
}

TEST_F(SessionTest, WhatTheCollectorAsksIsTakenOnceAndAnsweredWhileItIsThere) {
  Step();
  EXPECT_TRUE(Heard<wire::Hello>());
  const wire::KubeletPort kubelet{"other", "10.0.0.9", 10250};
  Say(wire::ProbeNeighbours{.kubelets = {kubelet}});
  EXPECT_TRUE(session_.TakeQuestions().kubelets.empty()) << "nobody has welcomed us yet";
  session_.Answer({.node = "other", .outcome = wire::ProbeOutcome::kAccepted});
  ExpectSilence();
  Say(wire::Welcome{});
  EXPECT_TRUE(Heard<wire::Heartbeat>());
  Say(wire::ProbeNeighbours{.kubelets = {kubelet}});
  EXPECT_EQ(session_.TakeQuestions().kubelets, std::vector{kubelet});
  EXPECT_TRUE(session_.TakeQuestions().kubelets.empty());
  session_.Answer({.node = "other", .outcome = wire::ProbeOutcome::kRefused});
  EXPECT_EQ(Heard<wire::NeighbourProbed>(),
            (wire::NeighbourProbed{.node = "other", .outcome = wire::ProbeOutcome::kRefused}));
}

TEST_F(SessionTest, AnswersToHeartbeatsKeepTheConnection) {
  Greet();
  for (int second = 0; second < 60; ++second) {
    Step(1s);
    Say(wire::Ack{.epoch = kEpoch, .sequence = 0});
  }
  EXPECT_TRUE(session_.counts().connected);
}

TEST_F(SessionTest, AttemptsGrowRarerAndNeverStop) {
  std::vector<Mono> hellos;
  for (int tick = 0; tick < 30'000 && hellos.size() < 14; ++tick) {
    Step(10ms);
    while (Heard<wire::Hello>()) hellos.push_back(clock_.Now());
  }
  ASSERT_EQ(hellos.size(), 14u);
  EXPECT_LT(hellos[1] - hellos[0], 3300ms);  // timeout and 100 ms at most
  const Duration last = hellos[13] - hellos[12];
  EXPECT_GE(last, 3s + 7500ms);
  EXPECT_LE(last, 3s + 15s + 20ms);
}

TEST_F(SessionTest, WhileThereIsNoConnectionItWaitsForOne) {
  network_.SetUp(false);
  Step();
  EXPECT_TRUE(session_.blocked());
  EXPECT_GT(session_.next_wake(), clock_.Now()) << "it does not spin";
  network_.SetUp(true);
  Step();
  EXPECT_TRUE(Heard<wire::Hello>());
}

TEST_F(SessionTest, ARefusalIsRememberedAndTriedAgain) {
  Step();
  EXPECT_TRUE(Heard<wire::Hello>());
  Say(wire::Reject{.reason = wire::RejectReason::kBadToken, .message = "no"});
  EXPECT_EQ(session_.counts().rejected, wire::RejectReason::kBadToken);
  ExpectSilence();
  Step(100ms);
  EXPECT_TRUE(Heard<wire::Hello>());
  Say(wire::Welcome{});
  EXPECT_FALSE(session_.counts().rejected);
}

TEST_F(SessionTest, ACollectorThatHasForgottenIsSeen) {
  Greet();
  for (std::uint64_t i = 1; i <= 3; ++i) Add(i);
  Step();
  HeardRecords();
  Say(wire::Ack{.epoch = kEpoch, .sequence = 3});
  EXPECT_EQ(session_.held().up_to, 3u);
  Say(wire::Reject{.reason = wire::RejectReason::kNotGreeted});
  EXPECT_EQ(Heard<wire::Hello>()->first_sequence, 4u) << "1 to 3 will not come again, and are not missing";
  Say(wire::Welcome{.last_sequence = 1});
  EXPECT_EQ(session_.held().lost_up_to, 3u);
  EXPECT_TRUE(Heard<wire::Heartbeat>());
  Add(4);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{4}));
  Say(wire::Ack{.epoch = kEpoch, .sequence = 4});
  EXPECT_EQ(session_.held().up_to, 4u);
  EXPECT_EQ(session_.held().lost_up_to, 3u);
}

TEST_F(SessionTest, ACollectorCannotHoldWhatWasNeverSaid) {
  Add(1);
  Greet(1'000'000);
  EXPECT_EQ(session_.held().up_to, 1u);
  Add(2);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{2}));
  Say(wire::Ack{.epoch = kEpoch, .sequence = 5'000});
  EXPECT_EQ(session_.held().up_to, 2u);
}

TEST_F(SessionTest, OneRecordThatCannotBeReadIsFoundDroppedAndCounted) {
  Greet();
  for (std::uint64_t i = 1; i <= 3; ++i) Add(i);
  Step();
  EXPECT_EQ(HeardRecords(), (Sequences{1, 2, 3}));
  // The collector has read 1, cannot read 2, and stops listening.
  Say(wire::Ack{.epoch = kEpoch, .sequence = 1});
  Say(wire::Reject{.reason = wire::RejectReason::kBadFrame});
  Step(100ms);
  EXPECT_TRUE(Heard<wire::Hello>());
  Say(wire::Welcome{.last_sequence = 1});
  EXPECT_TRUE(Heard<wire::Heartbeat>());
  EXPECT_EQ(HeardRecords(), (Sequences{2})) << "one at a time, to see which one it is";
  Say(wire::Reject{.reason = wire::RejectReason::kBadFrame});
  EXPECT_EQ(spool_.counts().dropped.reports, 1u);
  Step(200ms);
  EXPECT_TRUE(Heard<wire::Hello>());
  Say(wire::Welcome{.last_sequence = 1});
  EXPECT_TRUE(Heard<wire::Heartbeat>());
  EXPECT_EQ(HeardRecords(), (Sequences{3}));
}

TEST_F(SessionTest, WhoIsAskedToEndSaysSoAndKnowsThatItWasHeard) {
  Greet();
  session_.Stop();
  EXPECT_FALSE(session_.stop_is_known());
  Step();
  const auto last = Heard<wire::Heartbeat>();
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->stopping);
  clock_.Advance(1ms);
  EXPECT_FALSE(session_.stop_is_known());
  Say(wire::Ack{.epoch = kEpoch, .sequence = 0});
  EXPECT_TRUE(session_.stop_is_known());
}

TEST_F(SessionTest, FramesThatAreNotUnderstoodAreIgnored) {
  Greet();
  ASSERT_TRUE(network_.Send(peer_, wire::Frame(100)));
  Say(wire::Heartbeat{.epoch = 1});
  EXPECT_TRUE(session_.counts().connected);
}

}  // namespace
}  // namespace loadline::agent

#include "collector/ingest/reception.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Tokens that name their node: "for:node-1"; "any" speaks for all; "later" has no answer yet.
class NamedTokens final : public TokenVerifier {
 public:
  [[nodiscard]] Result<std::string> Verify(std::string_view token, std::string_view claimed,
                                           std::string_view) override {
    if (token == revoked) return Failure(ErrorKind::kDenied, "the token has expired");
    if (token == "any") return std::string(claimed);
    if (unavailable || token == "later") return Failure(ErrorKind::kUnavailable, "asking");
    if (token.starts_with("for:")) return std::string(token.substr(4));
    return Failure(ErrorKind::kDenied, "wrong token");
  }

  std::string revoked;
  bool unavailable = false;
};

class ReceptionTest : public testing::Test, public Replies, public Deliveries {
 protected:
  bool Send(const PeerId& peer, const wire::Message& message) override {
    replies_.emplace_back(peer, message);
    return true;
  }
  bool Admit(const PeerId&) override { return may_admit_; }
  void Rest(const PeerId& peer, Mono) override { rested_.push_back(peer); }
  void End(const PeerId& peer) override { ended_.push_back(peer); }
  [[nodiscard]] bool HasRoom() const override { return room_; }
  void Deliver(Delivery delivery) override { deliveries_.push_back(std::move(delivery)); }

  void Frame(const PeerId& peer, const wire::Message& message) { Bytes(peer, *wire::Encode(message)); }
  void Bytes(const PeerId& peer, const wire::Frame& frame) {
    reception_->OnFrame(peer, "10.0.0.9", frame, {.wall = clock_.WallNow(), .mono = clock_.Now()});
  }
  static wire::Hello Hello(std::uint64_t epoch = 5, std::string boot = "boot") {
    return {.node = "n", .boot_id = std::move(boot), .epoch = epoch, .token = "any"};
  }
  void Greet(const PeerId& peer, std::uint64_t epoch = 5) {
    Frame(peer, Hello(epoch));
    ASSERT_TRUE(Answer<wire::Welcome>(peer));
  }
  void Record(const PeerId& peer, std::uint64_t sequence, std::uint64_t epoch = 5) {
    Frame(peer, wire::Record{.epoch = epoch, .sequence = sequence});
  }

  // The only answer since the last look, which went to this peer; nothing when there was another or none.
  template <typename T>
  std::optional<T> Answer(const PeerId& peer) {
    const auto replies = std::exchange(replies_, {});
    if (replies.size() != 1 || replies[0].first != peer) return std::nullopt;
    const T* answer = std::get_if<T>(&replies[0].second);
    return answer ? std::optional(*answer) : std::nullopt;
  }
  std::optional<wire::RejectReason> Refusal(const PeerId& peer) {
    const auto reject = Answer<wire::Reject>(peer);
    return reject ? std::optional(reject->reason) : std::nullopt;
  }

  // The sequences of the records delivered since the last look.
  std::vector<std::uint64_t> Delivered() {
    std::vector<std::uint64_t> sequences;
    for (const Delivery& delivery : std::exchange(deliveries_, {})) {
      const auto* record = std::get_if<IngestedRecord>(&delivery);
      if (record) sequences.push_back(record->id.sequence);
    }
    return sequences;
  }
  using Sequences = std::vector<std::uint64_t>;

  void Restart(std::vector<Watermark> watermarks, ReceptionOptions options = {}) {
    reception_.emplace(options, watermarks, tokens_, *this, *this);
  }

  ManualClock clock_;
  NamedTokens tokens_;
  bool room_ = true;
  bool may_admit_ = true;
  std::vector<PeerId> rested_;
  std::vector<PeerId> ended_;
  std::vector<std::pair<PeerId, wire::Message>> replies_;
  std::vector<Delivery> deliveries_;
  std::optional<Reception> reception_{
      std::in_place, ReceptionOptions{}, std::vector<Watermark>{}, tokens_, *this, *this};
};

TEST_F(ReceptionTest, RecordsAreDeliveredOnceAndAcknowledgedWhenCommitted) {
  Greet("a");
  Record("a", 1);
  Record("a", 2);
  Record("a", 2);
  EXPECT_TRUE(replies_.empty()) << "nothing is acknowledged before it is committed";
  EXPECT_EQ(Delivered(), (Sequences{1, 2}));
  reception_->OnCommitted({{"n", 5, 2}});
  EXPECT_EQ(Answer<wire::Ack>("a"), (wire::Ack{.epoch = 5, .sequence = 2}));
  Record("a", 1);
  EXPECT_EQ(Answer<wire::Ack>("a"), (wire::Ack{.epoch = 5, .sequence = 2}));
  EXPECT_EQ(Delivered(), Sequences{});
  EXPECT_EQ(reception_->metrics().duplicates, 2u);
  EXPECT_EQ(reception_->metrics().records, 2u);
}

TEST_F(ReceptionTest, ADeliveryCarriesAllThatTheCoreNeeds) {
  Greet("a");
  deliveries_.clear();
  clock_.Advance(3s);
  const wire::Record record{.epoch = 5, .sequence = 1, .body = wire::Report{.samples = 10}};
  Frame("a", record);
  ASSERT_EQ(deliveries_.size(), 1u);
  const auto& delivery = std::get<IngestedRecord>(deliveries_[0]);
  EXPECT_EQ(delivery.id, (RecordId{"n", 5, 1}));
  EXPECT_EQ(delivery.boot_id, "boot");
  EXPECT_EQ(delivery.received, (Received{clock_.WallNow(), clock_.Now()}));
  EXPECT_EQ(delivery.frame, *wire::Encode(record));
  EXPECT_EQ(delivery.record, record);
}

TEST_F(ReceptionTest, WhatAnAgentPassedOverIsCounted) {
  Greet("a");
  Record("a", 3);
  Record("a", 4);
  Record("a", 10);
  EXPECT_EQ(Delivered(), (Sequences{3, 4, 10}));
  EXPECT_EQ(reception_->metrics().missing, 2u + 5u);
}

TEST_F(ReceptionTest, WhatAnEarlierCollectorAcknowledgedIsNotMissing) {
  wire::Hello hello = Hello();
  hello.first_sequence = 100;
  Frame("a", hello);
  EXPECT_EQ(Answer<wire::Welcome>("a")->last_sequence, 0u) << "this one does not have it";
  Record("a", 101);
  EXPECT_EQ(reception_->metrics().missing, 1u);
}

TEST_F(ReceptionTest, AfterARestartTheStoreDecidesWhatIsADuplicate) {
  Restart({{"n", 5, 7}, {"n", 4, 2}});
  Frame("a", Hello());
  EXPECT_EQ(Answer<wire::Welcome>("a")->last_sequence, 7u);
  Record("a", 7);
  EXPECT_EQ(Answer<wire::Ack>("a")->sequence, 7u);
  Record("a", 8);
  Record("a", 2, 4);
  EXPECT_EQ(Answer<wire::Ack>("a"), (wire::Ack{.epoch = 4, .sequence = 2}));
  Record("a", 3, 4);
  EXPECT_EQ(Delivered(), (Sequences{8, 3}));
  EXPECT_EQ(reception_->metrics().missing, 0u);
}

TEST_F(ReceptionTest, RecordsOfAnEarlierStartAreTakenAndThoseOfALaterOneAreNot) {
  Greet("a", 5);
  Record("a", 900, 3);
  EXPECT_EQ(Delivered(), (Sequences{900}));
  EXPECT_EQ(reception_->metrics().missing, 0u) << "nobody knows what came before";
  Record("a", 1, 6);
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kBadFrame);
}

TEST_F(ReceptionTest, HeartbeatsAreAnsweredWithWhatIsCommitted) {
  Greet("a");
  Record("a", 1);
  reception_->OnCommitted({{"n", 5, 1}});
  clock_.Advance(3s);
  replies_.clear();
  deliveries_.clear();
  Frame("a", wire::Heartbeat{.epoch = 5, .window_age_ms = 300});
  EXPECT_EQ(Answer<wire::Ack>("a"), (wire::Ack{.epoch = 5, .sequence = 1}));
  ASSERT_EQ(deliveries_.size(), 1u);
  EXPECT_EQ(std::get<NodeHeartbeat>(deliveries_[0]).heartbeat.window_age_ms, 300u);
}

TEST_F(ReceptionTest, EachThirdHeartbeatIsAnsweredAndTheLastAtOnce) {
  Greet("a");
  const auto answers = [this](const wire::Heartbeat& heartbeat) {
    clock_.Advance(1s);
    replies_.clear();
    Frame("a", heartbeat);
    return replies_.size();
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(answers({.epoch = 5}), 0u);
    EXPECT_EQ(answers({.epoch = 5}), 0u);
    EXPECT_EQ(answers({.epoch = 5}), 1u);
  }
  EXPECT_EQ(answers({.epoch = 5, .stopping = true}), 1u) << "it waits for this";
}

TEST_F(ReceptionTest, AgentsAreAskedAboutOthersAndWhatTheyFindIsDelivered) {
  const wire::ProbeNeighbours question{.kubelets = {{"other", "10.0.0.9", 10250}}};
  reception_->Ask("n", question);
  EXPECT_TRUE(replies_.empty()) << "it is not there";
  Frame("a", wire::NeighbourProbed{.node = "other", .outcome = wire::ProbeOutcome::kAccepted});
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kNotGreeted);
  Greet("a");
  replies_.clear();
  deliveries_.clear();
  reception_->Ask("n", question);
  EXPECT_EQ(Answer<wire::ProbeNeighbours>("a"), question);
  Frame("a", wire::NeighbourProbed{.node = "other", .outcome = wire::ProbeOutcome::kRefused});
  ASSERT_EQ(deliveries_.size(), 1u);
  const auto& found = std::get<NeighbourFound>(deliveries_[0]);
  EXPECT_EQ(found.node, "n") << "who it is, whatever it says";
  EXPECT_EQ(found.found.node, "other");
  EXPECT_EQ(found.found.outcome, wire::ProbeOutcome::kRefused);
}

TEST_F(ReceptionTest, NobodyIsHeardBeforeHello) {
  Record("a", 1);
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kNotGreeted);
  Frame("a", wire::Heartbeat{.epoch = 5});
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kNotGreeted);
  EXPECT_TRUE(deliveries_.empty());
}

TEST_F(ReceptionTest, AWrongTokenIsRefused) {
  wire::Hello hello = Hello();
  hello.token = "guess";
  Frame("a", hello);
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kBadToken);
  EXPECT_EQ(reception_->metrics().rejected.at(wire::RejectReason::kBadToken), 1u);
  EXPECT_TRUE(deliveries_.empty());
}

TEST_F(ReceptionTest, TheTokenDecidesForWhichNodeAnAgentSpeaks) {
  wire::Hello hello = Hello();
  hello.token = "for:other";
  Frame("a", hello);
  ASSERT_EQ(deliveries_.size(), 1u);
  EXPECT_EQ(std::get<NodeGreeted>(deliveries_[0]).node, "other");
  EXPECT_EQ(std::get<NodeGreeted>(deliveries_[0]).hello.token, "");
}

TEST_F(ReceptionTest, ATokenThatIsStillBeingCheckedGetsNoAnswerYet) {
  wire::Hello hello = Hello();
  hello.token = "later";
  Frame("a", hello);
  EXPECT_TRUE(replies_.empty());
}

TEST_F(ReceptionTest, VersionsOneMinorApartUnderstandOneAnother) {
  const auto answer = [&](std::uint16_t major, std::uint16_t minor) {
    wire::Hello hello = Hello();
    hello.major = major;
    hello.minor = minor;
    Frame("a", hello);
    const auto refusal = Refusal("a");
    return refusal ? wire::Name(*refusal) : "welcome";
  };
  EXPECT_STREQ(answer(wire::kProtocolMajor, wire::kProtocolMinor + 1), "welcome");
  EXPECT_STREQ(answer(wire::kProtocolMajor, wire::kProtocolMinor + 2), "wrong_version");
  EXPECT_STREQ(answer(wire::kProtocolMajor + 1, wire::kProtocolMinor), "wrong_version");
}

TEST_F(ReceptionTest, ANameBelongsToTheFirstUntilItIsSilent) {
  Greet("a");
  clock_.Advance(9s);
  Frame("b", Hello(6, "another machine"));
  EXPECT_EQ(Refusal("b"), wire::RejectReason::kNodeNameTaken);
  clock_.Advance(1s);
  Frame("b", Hello(6, "another machine"));
  EXPECT_TRUE(Answer<wire::Welcome>("b"));
  Record("a", 1);
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kNotGreeted) << "the name is not its any more";
}

TEST_F(ReceptionTest, TheSameMachineTakesItsNameOverAtOnce) {
  Greet("a", 5);
  Greet("b", 5);  // a new connection of the same agent
  Greet("c", 6);  // the agent was started again
  Frame("d", Hello(5));
  EXPECT_EQ(Refusal("d"), wire::RejectReason::kNodeNameTaken) << "the older of two agents";
  Record("c", 1, 6);
  EXPECT_EQ(Delivered(), (Sequences{1}));
}

TEST_F(ReceptionTest, BadFramesAreCountedBySenderAndReason) {
  Bytes("a", wire::Frame(100));
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kBadFrame);
  Greet("a");
  Bytes("a", wire::Frame(3));
  Bytes("a", wire::Frame(wire::kMaxFrameBytes + 1));
  const auto& bad = reception_->metrics().bad_frames;
  EXPECT_EQ(bad.at({"10.0.0.9", wire::FrameFault::kWrongIdentifier}), 1u);
  EXPECT_EQ(bad.at({"n", wire::FrameFault::kTooShort}), 1u);
  EXPECT_EQ(bad.at({"10.0.0.9", wire::FrameFault::kTooLarge}), 1u);
}

TEST_F(ReceptionTest, AfterABadFrameNothingPassesUntilTheNextHello) {
  Greet("a");
  Record("a", 1);
  Bytes("a", wire::Frame(100));  // was record 2
  Record("a", 3);
  EXPECT_EQ(Delivered(), (Sequences{1})) << "or 2 would be a duplicate when it comes again";
  replies_.clear();
  Greet("a");
  Record("a", 2);
  Record("a", 3);
  EXPECT_EQ(Delivered(), (Sequences{2, 3}));
}

TEST_F(ReceptionTest, WhatOnlyACollectorSaysIsABadFrame) {
  Greet("a");
  Frame("a", wire::Ack{.epoch = 5, .sequence = 1});
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kBadFrame);
}

TEST_F(ReceptionTest, ManySendersOfBadFramesShareACounter) {
  for (int i = 0; i < 3000; ++i) {
    reception_->OnFrame(std::to_string(i), std::to_string(i), {}, {.mono = clock_.Now()});
  }
  EXPECT_EQ(reception_->metrics().bad_frames.size(), 1001u);
  EXPECT_EQ(reception_->metrics().bad_frames.at({"others", wire::FrameFault::kTooShort}), 2000u);
}

TEST_F(ReceptionTest, ReadingStopsWhileTheCoreIsBehind) {
  EXPECT_TRUE(reception_->Ready());
  room_ = false;
  EXPECT_FALSE(reception_->Ready());
  EXPECT_FALSE(reception_->Ready());
  room_ = true;
  EXPECT_TRUE(reception_->Ready());
  EXPECT_EQ(reception_->metrics().pauses, 1u);
}

TEST_F(ReceptionTest, ReadingStopsWhileTooMuchIsUncommitted) {
  Restart({}, {.uncommitted_bytes = wire::Encode(wire::Record{.epoch = 5, .sequence = 1})->size() + 1});
  Greet("a");
  Record("a", 1);
  EXPECT_TRUE(reception_->Ready());
  Record("a", 2);
  EXPECT_FALSE(reception_->Ready());
  reception_->OnCommitted({{"n", 5, 2}});
  EXPECT_TRUE(reception_->Ready());
  EXPECT_EQ(reception_->metrics().uncommitted_bytes, 0u);
}

TEST_F(ReceptionTest, WhileTheStoreIsAwayEverybodyIsHeardAndWhatHasNoRoomComesAgain) {
  Restart({}, {.uncommitted_bytes = 4000});
  Greet("peer");
  reception_->OnStoreAway(true);
  std::uint64_t sent = 0;
  for (Sequences all; all.size() == sent; all.insert(all.end(), 1, 0)) {
    Record("peer", ++sent);
    if (Delivered().empty()) break;
  }
  ASSERT_GT(sent, 3U);
  EXPECT_TRUE(reception_->Ready());
  EXPECT_TRUE(rested_.empty());
  Record("peer", sent + 1);
  EXPECT_TRUE(Delivered().empty()) << "nor what comes behind it, or it would seem to be lost";
  clock_.Advance(3s);
  Frame("peer", wire::Heartbeat{.epoch = 5});
  EXPECT_EQ(deliveries_.size(), 1U);
  deliveries_.clear();
  EXPECT_TRUE(Answer<wire::Ack>("peer"));
  reception_->OnTick(clock_.Now());
  EXPECT_TRUE(replies_.empty()) << "not before the store is back";

  reception_->OnStoreAway(false);
  reception_->OnCommitted({{.node = "n", .epoch = 5, .sequence = sent - 1}});
  replies_.clear();
  reception_->OnTick(clock_.Now());
  EXPECT_EQ(Refusal("peer"), wire::RejectReason::kNotGreeted);
  Greet("peer");
  Record("peer", sent);
  Record("peer", sent + 1);
  EXPECT_EQ(Delivered(), (Sequences{sent, sent + 1}));
  EXPECT_EQ(reception_->metrics().missing, 0U);
}

TEST_F(ReceptionTest, ConnectionsThatAreGoneAreForgotten) {
  Greet("a");
  EXPECT_EQ(reception_->metrics().peers, 1u);
  clock_.Advance(59s);
  reception_->OnTick(clock_.Now());
  EXPECT_EQ(reception_->metrics().peers, 1u);
  clock_.Advance(1s);
  reception_->OnTick(clock_.Now());
  EXPECT_EQ(reception_->metrics().peers, 0u);
}

TEST_F(ReceptionTest, NoMoreAgentsAreLetInThanThereMayBe) {
  Restart({}, {.most_peers = 1});
  Greet("a");
  wire::Hello other = Hello();
  other.node = "m";
  Frame("b", other);
  EXPECT_TRUE(replies_.empty());
  Greet("c");  // the one that is in may come back over a new connection
  EXPECT_EQ(reception_->metrics().peers, 1u);
}

TEST_F(ReceptionTest, OnlyTheLatestStartsOfANodeAreRemembered) {
  Greet("a", 1000);
  for (std::uint64_t epoch = 1; epoch <= 100; ++epoch) {
    Record("a", 1, epoch);
    reception_->OnCommitted({{"n", epoch, 1}});
  }
  Record("a", 1, 100);  // known
  Record("a", 1, 1);    // forgotten long ago
  EXPECT_EQ(reception_->metrics().duplicates, 1u);
}

TEST_F(ReceptionTest, ASessionEndsWithItsTokenAndTheAgentMayGreetAgain) {
  Greet("a");
  const auto checked_for = [&](Duration time) {
    for (const Mono end = clock_.Now() + time; clock_.Now() < end; clock_.Advance(1s)) {
      Frame("a", wire::Heartbeat{.epoch = 5});
      reception_->OnTick(clock_.Now());
    }
  };
  checked_for(10min);
  EXPECT_EQ(reception_->metrics().ended_sessions, 0u);
  tokens_.revoked = "any";
  replies_.clear();
  checked_for(6min);
  EXPECT_EQ(reception_->metrics().ended_sessions, 1u);
  replies_.clear();
  Record("a", 1);
  EXPECT_EQ(Refusal("a"), wire::RejectReason::kNotGreeted);
  wire::Hello renewed = Hello();
  renewed.token = "for:n";
  Frame("a", renewed);
  EXPECT_TRUE(Answer<wire::Welcome>("a"));
}

TEST_F(ReceptionTest, WhileNobodyKnowsWhetherATokenIsGoodItsSessionGoesOn) {
  wire::Hello hello = Hello();
  hello.token = "for:n";
  Frame("a", hello);
  ASSERT_TRUE(Answer<wire::Welcome>("a"));
  tokens_.unavailable = true;
  for (int i = 0; i < 700; ++i) {
    clock_.Advance(1s);
    Frame("a", wire::Heartbeat{.epoch = 5});
    reception_->OnTick(clock_.Now());
  }
  EXPECT_EQ(reception_->metrics().ended_sessions, 0u);
  EXPECT_EQ(reception_->metrics().peers, 1u);
}

TEST_F(ReceptionTest, ANodeThatGreetsWithoutEndIsHeardOnceASecond) {
  deliveries_.clear();
  for (int i = 0; i < 100; ++i) Frame("a", Hello());
  EXPECT_EQ(deliveries_.size(), 10u) << "what may come at once";
  EXPECT_EQ(reception_->metrics().hellos_too_soon, 90u);
  EXPECT_EQ(rested_.size(), 90u);
  clock_.Advance(3s);
  for (int i = 0; i < 100; ++i) Frame("b", Hello());
  EXPECT_EQ(deliveries_.size(), 13u) << "another connection of the node changes nothing";
}

TEST_F(ReceptionTest, AConnectionThatWasRefusedRests) {
  wire::Hello guess = Hello();
  guess.token = "guess";
  Frame("a", guess);
  EXPECT_EQ(rested_, std::vector<PeerId>{"a"});
}

TEST_F(ReceptionTest, TheConnectionThatIsTakenOverEnds) {
  Greet("a", 5);
  Greet("b", 6);
  EXPECT_EQ(ended_, std::vector<PeerId>{"a"});
}

TEST_F(ReceptionTest, WhoIsNotLetInSpeaksForNobody) {
  may_admit_ = false;
  Frame("a", Hello());
  EXPECT_TRUE(replies_.empty());
  EXPECT_EQ(reception_->metrics().peers, 0u);
}

TEST_F(ReceptionTest, ANodeFarAheadOfTheStoreRestsAndOthersDoNot) {
  Restart({}, {.uncommitted_bytes_of_node = 1000});
  Greet("a");
  wire::Hello other = Hello();
  other.node = "m";
  Frame("b", other);
  rested_.clear();
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) Record("a", sequence);
  Record("b", 1);
  EXPECT_FALSE(rested_.empty());
  EXPECT_TRUE(std::ranges::all_of(rested_, [](const PeerId& peer) { return peer == "a"; }));
  rested_.clear();
  reception_->OnCommitted({{"n", 5, 100}});
  Record("a", 101);
  EXPECT_TRUE(rested_.empty());
}

TEST_F(ReceptionTest, HoweverManyNodesAreFarAheadRoomIsLeftForOthers) {
  constexpr std::size_t kRoom = 1 << 20;
  Restart({}, {.uncommitted_bytes = kRoom});
  std::vector<PeerId> greedy;
  for (int i = 0; i < 30; ++i) greedy.push_back("peer" + std::to_string(i));
  for (const PeerId& peer : greedy) {
    wire::Hello hello = Hello();
    hello.node = "node-of-" + peer;
    Frame(peer, hello);
  }
  rested_.clear();
  std::set<PeerId> resting;
  for (std::uint64_t sequence = 1; resting.size() < greedy.size(); ++sequence) {
    for (const PeerId& peer : greedy) {
      if (!resting.contains(peer)) Record(peer, sequence);
    }
    resting = {rested_.begin(), rested_.end()};
  }
  EXPECT_TRUE(reception_->Ready());
  EXPECT_GT(reception_->metrics().uncommitted_bytes, kRoom / 2);
  EXPECT_LT(reception_->metrics().uncommitted_bytes, kRoom - kRoom / 12);
}

// What is stored is what is believed: after a restart nobody remembers how wrong the clock was.
TEST_F(ReceptionTest, TheTimesOfANodeWhoseClockIsWrongAreTheCollectors) {
  clock_.Advance(1h);
  const std::int64_t now = clock_.WallNow().time_since_epoch().count();
  const std::int64_t said = now - 900'000'000'000;
  wire::Hello hello = Hello();
  hello.clocks = {.mono_ns = 77, .wall_ns = said};
  Frame("a", hello);
  Frame("a",
        wire::Record{.epoch = 5,
                     .sequence = 1,
                     .body = wire::Event(wire::OomKill{.at_ns = said, .victim = {.ref = 1, .path = "/x"}}),
                     .made = {.mono_ns = 77, .wall_ns = said}});
  ASSERT_EQ(deliveries_.size(), 2U);
  EXPECT_EQ(std::get<NodeGreeted>(deliveries_[0]).clock_ahead, -15min);
  const auto& delivered = std::get<IngestedRecord>(deliveries_[1]);
  EXPECT_EQ(std::get<wire::OomKill>(std::get<wire::Event>(delivered.record.body)).at_ns, now);
  EXPECT_EQ(std::get<wire::Record>(*wire::Decode(delivered.frame)), delivered.record);

  Frame("a", wire::Heartbeat{.epoch = 5, .clocks = {.mono_ns = 77, .wall_ns = now + 2'000'000'000}});
  EXPECT_EQ(std::get<NodeHeartbeat>(deliveries_.back()).clock_ahead, 2s);
}

}  // namespace
}  // namespace loadline::collector

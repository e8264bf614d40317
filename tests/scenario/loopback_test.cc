// Agent and collector over real ZeroMQ with CURVE on the loopback, with real threads and clocks. What the
// protocol does in time is told in delivery_test.cc.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "agent/uplink/uplink.h"
#include "collector/ingest/ingest.h"
#include "collector/ingest/key_files.h"
#include "schemas/wire/decode.h"
#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 20s;

// Whether `condition` comes true within the patience.
bool Eventually(const std::function<bool()>& condition) {
  const Mono end = SystemClock().Now() + kPatience;
  while (!condition()) {
    if (SystemClock().Now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

class AnyToken final : public collector::TokenVerifier {
 public:
  [[nodiscard]] Result<std::string> Verify(std::string_view token, std::string_view claimed,
                                           std::string_view) override {
    if (token != "open sesame") return Failure(ErrorKind::kDenied, "the token is wrong");
    return std::string(claimed);
  }
};

// A collector that commits whatever it gets.
class Collector {
 public:
  explicit Collector(std::vector<collector::Watermark> watermarks = {},
                     std::string endpoint = "tcp://127.0.0.1:*", collector::AgentKeys* agents = nullptr) {
    collector::IngestOptions options{.endpoint = std::move(endpoint), .keys = keys(), .agents = agents};
    auto started = collector::Ingest::Start(options, watermarks, tokens_, queue_, clock_);
    EXPECT_TRUE(started) << started.error().message;
    ingest_ = *std::move(started);
  }

  static const collector::CurveKeys& keys() {
    static const TemporaryFolder directory;
    static const collector::CurveKeys keys = *collector::EnsureCurveKeys(directory.path());
    return keys;
  }

  // Takes what has come and commits it.
  void Work() {
    for (collector::Delivery& delivery : queue_.TakeAll()) {
      if (auto* record = std::get_if<collector::IngestedRecord>(&delivery)) {
        ingest_->Committed({{record->id.node, record->id.epoch, record->id.sequence}});
        records.push_back(*std::move(record));
      } else if (auto* greeted = std::get_if<collector::NodeGreeted>(&delivery)) {
        greetings.push_back(*std::move(greeted));
      } else {
        ++heartbeats;
      }
    }
  }

  [[nodiscard]] std::string endpoint() const { return ingest_->endpoint(); }
  [[nodiscard]] collector::IngestMetrics metrics() const { return ingest_->Metrics(); }

  std::vector<collector::IngestedRecord> records;
  std::vector<collector::NodeGreeted> greetings;
  int heartbeats = 0;

 private:
  SystemClock clock_;
  AnyToken tokens_;
  BoundedQueue<collector::Delivery> queue_{1024};
  std::unique_ptr<collector::Ingest> ingest_;
};

struct Token {
  explicit Token(const std::string& text) { std::ofstream(path()) << text << "\n"; }
  [[nodiscard]] std::string path() const { return directory.path() + "/token"; }
  TemporaryFolder directory;
};

std::unique_ptr<agent::Uplink> Agent(const std::string& endpoint, const Token& token,
                                     const std::string& key = Collector::keys().public_key) {
  static const SystemClock clock;
  auto uplink = agent::StartUplink({.endpoint = endpoint,
                                    .collector_key = key,
                                    .token_file = token.path(),
                                    .hello = {.node = "node-1", .boot_id = "boot"}},
                                   clock);
  EXPECT_TRUE(uplink) << uplink.error().message;
  return *std::move(uplink);
}

TEST(Loopback, ReportsAndEventsArriveInOrderAndAreAcknowledged) {
  Collector collector;
  const Token token("open sesame");
  const auto agent = Agent(collector.endpoint(), token);
  EXPECT_EQ(agent->Send(wire::Report{.samples = 10}), 1u);
  EXPECT_EQ(agent->Send(wire::Event(wire::OomKill{.victim = {.path = "/a"}, .pid = 3})), 2u);
  ASSERT_TRUE(Eventually([&] {
    collector.Work();
    return agent->Status().Holds(2) && collector.heartbeats > 0;
  }));
  ASSERT_EQ(collector.records.size(), 2u);
  EXPECT_EQ(std::get<wire::Report>(collector.records[0].record.body).samples, 10u);
  EXPECT_EQ(collector.records[1].id.sequence, 2u);
  ASSERT_EQ(collector.greetings.size(), 1u);
  EXPECT_EQ(collector.greetings[0].node, "node-1");
  EXPECT_EQ(collector.greetings[0].hello.token, "") << "the secret goes no further";
  EXPECT_EQ(agent->Status().spooled_records, 0u);
}

TEST(Loopback, ARestartedCollectorGetsWhatWasNotCommittedAndNothingTwice) {
  auto collector = std::make_unique<Collector>();
  const std::string endpoint = collector->endpoint();
  const Token token("open sesame");
  const auto agent = Agent(endpoint, token);
  agent->Send(wire::Report{});
  ASSERT_TRUE(Eventually([&] { return collector->Work(), agent->Status().Holds(1); }));
  agent->Send(wire::Report{});  // received, never committed
  ASSERT_TRUE(Eventually([&] { return collector->metrics().records == 2; }));
  collector.reset();
  agent->Send(wire::Report{});
  collector = std::make_unique<Collector>(
      std::vector<collector::Watermark>{{"node-1", agent->Status().epoch, 1}}, endpoint);
  ASSERT_TRUE(Eventually([&] { return collector->Work(), agent->Status().Holds(3); }));
  ASSERT_EQ(collector->records.size(), 2u);
  EXPECT_EQ(collector->records[0].id.sequence, 2u);
  EXPECT_EQ(collector->records[1].id.sequence, 3u);
  EXPECT_EQ(collector->metrics().missing, 0u);
}

TEST(Loopback, AWrongTokenIsRefusedWithAWordAndCounted) {
  Collector collector;
  const Token token("guess");
  const auto agent = Agent(collector.endpoint(), token);
  ASSERT_TRUE(Eventually([&] { return agent->Status().rejected == wire::RejectReason::kBadToken; }));
  EXPECT_FALSE(agent->Status().connected);
  EXPECT_GE(collector.metrics().rejected[wire::RejectReason::kBadToken], 1u);
}

TEST(Loopback, ATokenFileThatIsPutRightLetsTheAgentIn) {
  Collector collector;
  const Token token("guess");
  const auto agent = Agent(collector.endpoint(), token);
  ASSERT_TRUE(Eventually([&] { return agent->Status().rejected.has_value(); }));
  std::ofstream(token.path()) << "open sesame\n";
  EXPECT_TRUE(Eventually([&] { return agent->Status().connected; }));
}

TEST(Loopback, ASecondAgentWithTheSameNameIsRefused) {
  Collector collector;
  const Token token("open sesame");
  const SystemClock clock;
  const auto first = Agent(collector.endpoint(), token);
  ASSERT_TRUE(Eventually([&] { return collector.Work(), first->Status().connected; }));
  const auto second = agent::StartUplink({.endpoint = collector.endpoint(),
                                          .collector_key = Collector::keys().public_key,
                                          .token_file = token.path(),
                                          .hello = {.node = "node-1", .boot_id = "another machine"}},
                                         clock);
  ASSERT_TRUE(Eventually(
      [&] { return collector.Work(), (*second)->Status().rejected == wire::RejectReason::kNodeNameTaken; }));
  EXPECT_TRUE(first->Status().connected);
}

TEST(Loopback, AnAgentWithTheWrongKeyOfTheCollectorGetsNowhere) {
  Collector collector;
  const Token token("open sesame");
  const TemporaryFolder other;
  const auto agent = Agent(collector.endpoint(), token, collector::EnsureCurveKeys(other.path())->public_key);
  agent->Send(wire::Report{});
  std::this_thread::sleep_for(300ms);  // nothing to wait for: that nothing happens is the point
  EXPECT_FALSE(agent->Status().connected);
  EXPECT_EQ(collector.metrics().frames, 0u);
  EXPECT_EQ(agent->Status().spooled_records, 1u);
}

// Lets in one key.
class OneKey final : public collector::AgentKeys {
 public:
  explicit OneKey(const std::string& public_key) : key_(*collector::DecodeKey(public_key)) {}
  [[nodiscard]] bool Admits(const collector::zmtp::Key& client, Mono) override { return client == key_; }

 private:
  const collector::zmtp::Key key_;
};

TEST(Loopback, OnlyAgentsWithAKeyThatTheyWereGivenGetIn) {
  const collector::CurveKeys pair = *collector::NewCurveKeys();
  OneKey agents(pair.public_key);
  Collector collector({}, "tcp://127.0.0.1:*", &agents);
  const Token token("open sesame");
  const Token key(pair.secret_key.Reveal());
  const SystemClock clock;
  const auto with = [&](std::string key_file) {
    return *agent::StartUplink({.endpoint = collector.endpoint(),
                                .collector_key = Collector::keys().public_key,
                                .key_file = std::move(key_file),
                                .token_file = token.path(),
                                .hello = {.node = "node-1", .boot_id = "boot"}},
                               clock);
  };
  const auto stranger = with("");
  const std::pair<std::string, collector::Refusal> who{"127.0.0.1", collector::Refusal::kUnknownAgent};
  EXPECT_TRUE(Eventually([&] { return collector.metrics().door.refused.contains(who); }));
  EXPECT_EQ(collector.metrics().frames, 0u);
  const auto agent = with(key.path());
  EXPECT_TRUE(Eventually([&] { return collector.Work(), agent->Status().connected; }));
  EXPECT_FALSE(stranger->Status().connected);
}

TEST(Loopback, AnAgentKnowsThatItWasTurnedAway) {
  OneKey agents(collector::NewCurveKeys()->public_key);
  Collector collector({}, "tcp://127.0.0.1:*", &agents);
  const auto stranger = *agent::ConnectZmq(
      {.endpoint = collector.endpoint(), .collector_key = Collector::keys().public_key, .context = nullptr});
  EXPECT_TRUE(Eventually([&] { return stranger->TurnedAway(); }));
}

TEST(Loopback, AKeyFileThatIsPutRightLetsTheAgentIn) {
  const collector::CurveKeys pair = *collector::NewCurveKeys();
  OneKey agents(pair.public_key);
  Collector collector({}, "tcp://127.0.0.1:*", &agents);
  const Token token("open sesame");
  const Token key(collector::NewCurveKeys()->secret_key.Reveal());
  const SystemClock clock;
  const auto agent = *agent::StartUplink({.endpoint = collector.endpoint(),
                                          .collector_key = Collector::keys().public_key,
                                          .key_file = key.path(),
                                          .token_file = token.path(),
                                          .hello = {.node = "node-1", .boot_id = "boot"}},
                                         clock);
  ASSERT_TRUE(Eventually([&] { return !collector.metrics().door.refused.empty(); }));
  std::ofstream(key.path()) << pair.secret_key.Reveal() << "\n";
  EXPECT_TRUE(Eventually([&] { return collector.Work(), agent->Status().connected; }));
}

// What any agent could send.
TEST(Loopback, NoiseFromTheNetworkIsCountedAndDisturbsNobody) {
  Collector collector;
  const Token token("open sesame");
  const auto agent = Agent(collector.endpoint(), token);
  ASSERT_TRUE(Eventually([&] { return collector.Work(), agent->Status().connected; }));

  const auto stranger = *agent::ConnectZmq(
      {.endpoint = collector.endpoint(), .collector_key = Collector::keys().public_key, .context = nullptr});
  const auto send = [&](const wire::Frame& frame) {
    ASSERT_TRUE(Eventually([&] { return stranger->Send(frame); }));
  };
  wire::Frame hello = *wire::Encode(wire::Hello{.node = "node-1", .epoch = 1});
  wire::Frame other_version = hello;
  other_version[7] = std::byte{'2'};  // "LLC2"
  send(wire::Frame(100, std::byte{0xa5}));
  send({hello.begin(), hello.begin() + 40});
  send(other_version);
  send({});

  using enum wire::FrameFault;
  const std::map<std::pair<std::string, wire::FrameFault>, std::uint64_t> expected = {
      {{"127.0.0.1", kWrongIdentifier}, 1},
      {{"127.0.0.1", kTorn}, 1},
      {{"127.0.0.1", kWrongVersion}, 1},
      {{"127.0.0.1", kTooShort}, 1},
  };
  EXPECT_TRUE(Eventually([&] { return collector.metrics().bad_frames == expected; }));
  // Each is answered with what is wrong.
  std::optional<wire::Frame> answer;
  ASSERT_TRUE(Eventually([&] { return (answer = stranger->Receive()).has_value(); }));
  const auto reject = std::get<wire::Reject>(*wire::Decode(*answer));
  EXPECT_EQ(reject.reason, wire::RejectReason::kBadFrame);
  EXPECT_EQ(reject.message, "wrong_identifier: file identifier");
  // The agent has noticed nothing.
  const std::uint64_t sequence = agent->Send(wire::Report{});
  EXPECT_TRUE(Eventually([&] { return collector.Work(), agent->Status().Holds(sequence); }));
  EXPECT_EQ(agent->Status().hellos, 1u);
}

TEST(Loopback, APortInUseIsAClearError) {
  Collector collector;
  AnyToken tokens;
  BoundedQueue<collector::Delivery> queue(1);
  const SystemClock clock;
  const auto second = collector::Ingest::Start({.endpoint = collector.endpoint(), .keys = Collector::keys()},
                                               {}, tokens, queue, clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("binding to " + collector.endpoint()), std::string::npos)
      << second.error().message;
}

TEST(Loopback, AKeyThatIsNoKeyIsAClearError) {
  const SystemClock clock;
  const auto uplink = agent::StartUplink({.endpoint = "tcp://127.0.0.1:1", .collector_key = "abc"}, clock);
  ASSERT_FALSE(uplink);
  EXPECT_NE(uplink.error().message.find("40 characters"), std::string::npos);
}

}  // namespace
}  // namespace loadline

// Alerting with its journal and its log of outcomes, cut off at each instant at which something becomes
// durable or known to somebody else, and started again: told as one timeline, over and over.
#include <gmock/gmock.h>

#include <deque>
#include <memory>

#include "collector/alert/alerting.h"
#include "collector/sink/outcome_log.h"
#include "collector/store/note_files.h"
#include "tests/support/memory_journal.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr int kPages = 6;
constexpr auto kRepeat = 20s;
constexpr auto kEnd = 70s;

// Lives until so many instants have passed; then nothing takes effect any more, as after a kill -9.
class Life {
 public:
  explicit Life(int instants) : left_(instants) {}
  bool Passes() {
    if (left_ == 0) return false;
    --left_;
    ++passed_;
    return true;
  }
  [[nodiscard]] bool over() const { return left_ == 0; }
  [[nodiscard]] int passed() const { return passed_; }

 private:
  int left_;
  int passed_ = 0;
};

class MortalJournal final : public AlertJournal {
 public:
  MortalJournal(AlertJournal& disk, Life& life) : disk_(disk), life_(life) {}
  Result<void> Commit(std::span<const JournalChange> changes) override {
    if (!life_.Passes()) return {};  // whoever was killed learns nothing of it
    return disk_.Commit(changes);
  }
  Result<std::vector<std::pair<std::string, std::string>>> Load() override { return disk_.Load(); }

 private:
  AlertJournal& disk_;
  Life& life_;
};

struct Message {
  Duration at;
  std::string id;
  std::vector<std::string> rules;
};

// One lane whose receiver takes everything, and the log of its outcomes.
class MortalLane final : public Outbox {
 public:
  MortalLane(const std::string& folder, Life& life, std::vector<Message>& heard)
      : life_(life), heard_(heard), notes_(std::move(*NoteFiles::Open(folder))) {}
  bool Offer(const Notification& notification) override {
    waiting_.push_back(notification);
    return true;
  }
  std::vector<DeliveryReport> Leftover() override {
    return log_.Load().value_or(std::vector<DeliveryReport>{});
  }
  void Settled() override {
    if (life_.Passes()) log_.Forget();
  }
  // Sends what waits; the core looks only after `most` of them, as a busy one would.
  std::vector<DeliveryReport> Send(Duration t, std::size_t most) {
    std::vector<DeliveryReport> reports;
    for (; !waiting_.empty() && reports.size() < most; waiting_.pop_front()) {
      const Notification& n = waiting_.front();
      if (!life_.Passes()) return {};
      Message message{.at = t, .id = n.id, .rules = {}};
      for (const Alert& alert : n.alerts) message.rules.push_back(alert.rule);
      heard_.push_back(std::move(message));
      const DeliveryReport report{
          n.id, n.integration, {.verdict = Verdict::kDelivered, .detail = {}}, 1, kStart + t};
      if (!life_.Passes()) return {};
      log_.Note({&report, 1});
      reports.push_back(report);
    }
    log_.Turn();
    return reports;
  }
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

 private:
  Life& life_;
  std::vector<Message>& heard_;
  const std::unique_ptr<NoteLog> notes_;
  OutcomeLog log_{*notes_};
  std::deque<Notification> waiting_;
};

RoutingPlan Plan() {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/webhook[0]"}}});
  plan.root.group_by = {"alertname"};
  plan.root.group_wait = 0s;
  plan.root.group_interval = 10s;
  plan.root.repeat_interval = kRepeat;
  SetKeys(plan.root);
  return plan;
}

std::vector<Condition> HoldingAt(Duration t) {
  std::vector<Condition> holding;
  for (int i = 0; i < kPages; ++i) {
    if (t >= i * 3s) holding.push_back({.rule = "Page" + std::to_string(i), .labels = {{"n", "1"}}});
  }
  return holding;
}

struct History {
  std::vector<Message> heard;
  int instants = 0;  // of the life that was not cut
};

// A life that ends after `instants`, and one after it that does not.
History CutAfter(int instants) {
  History run;
  const TemporaryFolder folder;
  test::MemoryJournal disk;
  const RoutingPlan plan = Plan();
  Duration t = 0s;
  for (const int lasts : {instants, -1}) {
    Life life(lasts);
    MortalJournal journal(disk, life);
    MortalLane lane(folder.path(), life, run.heard);
    Alerting alerting({}, plan, journal, lane);
    EXPECT_TRUE(alerting.Restore(kStart + t));
    for (; t <= kEnd && !life.over(); t += 1s) {
      alerting.Update(HoldingAt(t), {}, kStart + t);
      while (!life.over() && !lane.idle()) alerting.Settle(lane.Send(t, 2), kStart + t);
    }
    run.instants = life.passed();
    if (!life.over()) break;
  }
  return run;
}

std::map<std::string, std::vector<Message>> ByRule(const History& run) {
  std::map<std::string, std::vector<Message>> by_rule;
  for (const Message& message : run.heard) {
    for (const std::string& rule : message.rules) by_rule[rule].push_back(message);
  }
  return by_rule;
}

TEST(CutOffAtEachInstant, EveryPageIsHeardAndTwiceOnlyWhenItsOutcomeWasNotKnown) {
  const int instants = CutAfter(-1).instants;
  ASSERT_GT(instants, 4 * kPages);
  int doubled_runs = 0;
  for (int cut = 0; cut <= instants; ++cut) {
    const History run = CutAfter(cut);
    const auto by_rule = ByRule(run);
    EXPECT_EQ(by_rule.size(), kPages) << "cut after " << cut << ": lost";
    std::map<std::string, int> times;
    int doubled = 0;
    for (const Message& message : run.heard) doubled += ++times[message.id] > 1;
    // One message is under way at a time, so one is all that a kill can double.
    EXPECT_LE(doubled, 1) << "cut after " << cut;
    doubled_runs += doubled;
  }
  // Exactly the cuts between the receiver's hearing and the note of it: one for each message.
  EXPECT_EQ(doubled_runs, static_cast<int>(CutAfter(-1).heard.size()));
}

TEST(CutOffAtEachInstant, RepeatsComeOnTheScheduleThatTheFirstMessageBegan) {
  const int instants = CutAfter(-1).instants;
  for (int cut = 0; cut <= instants; ++cut) {
    for (const auto& [rule, messages] : ByRule(CutAfter(cut))) {
      const Duration first = messages.front().at;
      // Nobody was there for a second, at the first message or at this one.
      const auto near = [](Duration at, Duration due) { return at >= due - 1s && at <= due + 1s; };
      for (Duration due = first + kRepeat; due + 1s <= kEnd; due += kRepeat) {
        EXPECT_TRUE(std::ranges::any_of(messages, [&](const Message& m) { return near(m.at, due); }))
            << rule << ": none at " << Seconds(due) << " s, cut after " << cut;
      }
      for (const Message& message : messages) {
        const Duration since = (message.at - first + 1s) % Duration(kRepeat);
        EXPECT_LE(since, 2s) << rule << " at " << Seconds(message.at) << " s, cut after " << cut;
      }
    }
  }
}

}  // namespace
}  // namespace loadline::collector

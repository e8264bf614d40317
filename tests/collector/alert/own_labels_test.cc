// Alerts that name their cluster: at home, at a hub of several, and at the upgrade from a release without.
#include "collector/alert/own_labels.h"

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "collector/alert/alerting.h"
#include "collector/detect/rules.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class Postbox final : public Outbox {
 public:
  bool Offer(const Notification& notification) override {
    sent.push_back(notification);
    return true;
  }
  bool Recall(const std::string& /*integration*/, const std::string& key, const std::string& value) override {
    recalled.push_back(key + "=" + value);
    return true;
  }
  std::vector<Notification> sent;
  std::vector<std::string> recalled;
};

Condition On(const std::string& rule, const Labels& labels, bool urgent = false) {
  return {.rule = rule, .labels = labels, .severity = Severity::kSev2, .urgent = urgent};
}
Posting Posted(const Labels& labels, Duration ends) {
  return {.labels = labels, .starts_at = kStart, .ends_at = kStart + ends};
}

class OwnLabels : public testing::Test {
 protected:
  void Start(Duration at, const Labels& own) {
    plan_.own_labels = own;
    alerting_ = std::make_unique<Alerting>(AlertBookOptions{}, plan_, journal_, postbox_);
    ASSERT_TRUE(alerting_->Restore(kStart + at));
  }
  void At(Duration t, const std::vector<Condition>& holding) { alerting_->Update(holding, {}, kStart + t); }
  void Post(Duration t, const Posting& posting) { ASSERT_TRUE(alerting_->Post({&posting, 1}, kStart + t)); }
  // "fires A{cluster="a"}" of everything that was sent, and is delivered now.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const Notification& notification : std::exchange(postbox_.sent, {})) {
      const DeliveryReport report{
          notification.id, notification.integration, {Verdict::kDelivered, ""}, 1, kStart};
      alerting_->Settle({&report, 1}, kStart);
      for (const Alert& alert : notification.alerts) {
        const char* state = alert.state == AlertState::kFiring ? "fires " : "ended ";
        told.push_back(state + alert.rule + LabelsText(alert.labels));
      }
    }
    return told;
  }
  // Every look of a group until `end`, with the same conditions.
  void Until(Duration begin, Duration end, const std::vector<Condition>& holding) {
    for (Duration t = begin; t <= end; t += 10s) At(t, holding);
  }

  RoutingPlan plan_ = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}},
                              InhibitedByRules(InhibitPosted::kAlways));
  test::MemoryJournal journal_;
  Postbox postbox_;
  std::unique_ptr<Alerting> alerting_;
};

TEST_F(OwnLabels, EveryAlertOfOursHasThemBeforeItsFingerprintIsMade) {
  Start(0s, {{"cluster", "prod"}, {"team", "sre"}, {"node", "not this one"}});
  At(0s, {On("NodeSilent", {{"node", "n1"}})});
  alerting_->Happened({{On("ContainerOomKilled", {}, true), kStart}}, kStart);
  const Labels silent = {{"cluster", "prod"}, {"node", "n1"}, {"team", "sre"}};
  ASSERT_NE(alerting_->book().Find(Fingerprint("NodeSilent", silent)), nullptr);
  const Labels killed = {{"cluster", "prod"}, {"node", "not this one"}, {"team", "sre"}};
  EXPECT_NE(alerting_->book().Find(Fingerprint("ContainerOomKilled", killed)), nullptr);
  EXPECT_EQ(alerting_->Views().at(0)->labels.size(), 3U);
}

TEST_F(OwnLabels, WhatOthersPostKeepsTheLabelsOfOthers) {
  Start(0s, {{"cluster", "hub"}});
  Post(0s, Posted({{"alertname", "DiskFull"}}, 1h));
  Post(0s, Posted({{"alertname", "DiskFull"}, {"cluster", "a"}}, 1h));
  EXPECT_NE(alerting_->book().Find(Fingerprint("DiskFull", {})), nullptr);
  EXPECT_NE(alerting_->book().Find(Fingerprint("DiskFull", {{"cluster", "a"}})), nullptr);
  EXPECT_EQ(alerting_->book().alerts().size(), 2U);
}

TEST_F(OwnLabels, AtAHubNoClusterEndsOrJoinsTheAlertOfAnother) {
  Start(0s, {{"cluster", "hub"}});
  At(0s, {On("CollectorBlind", {})});
  for (const char* cluster : {"a", "b"})
    Post(0s, Posted({{"alertname", "CollectorBlind"}, {"cluster", cluster}}, 5h));
  Until(10s, 40s, {On("CollectorBlind", {})});
  EXPECT_THAT(Told(), UnorderedElementsAre(R"(fires CollectorBlind{cluster="a"})",
                                           R"(fires CollectorBlind{cluster="b"})",
                                           R"(fires CollectorBlind{cluster="hub"})"));
  Post(60s, Posted({{"alertname", "CollectorBlind"}, {"cluster", "a"}}, 60s));
  Until(70s, 10min, {On("CollectorBlind", {})});
  EXPECT_THAT(Told(), ElementsAre(R"(ended CollectorBlind{cluster="a"})"));
  Until(10min + 10s, 20min, {});
  EXPECT_THAT(Told(), ElementsAre(R"(ended CollectorBlind{cluster="hub"})")) << "b is blind still";
  EXPECT_EQ(alerting_->book().posted_as_ours(), 0U);
}

TEST_F(OwnLabels, WhatIsPostedAndOursByAllItsLabelsIsCountedAndEndsNothing) {
  Start(0s, {{"cluster", "a"}});
  At(0s, {On("CollectorBlind", {})});
  const Labels ours = {{"alertname", "CollectorBlind"}, {"cluster", "a"}};
  Post(1s, Posted(ours, 5h));
  Post(2s, Posted(ours, 2s));
  EXPECT_EQ(alerting_->book().posted_as_ours(), 2U);
  EXPECT_EQ(alerting_->Views().at(0)->state, AlertState::kFiring);
  Until(40s, 50s, {});
  EXPECT_EQ(alerting_->Views().at(0)->state, AlertState::kResolved) << "nor does it keep up what is over";
}

TEST_F(OwnLabels, ADeadNodeSilencesWhatIsSaidOfItInItsClusterAlone) {
  Start(0s, {{"cluster", "hub"}});
  const Condition dead = On("NodeSilent", {{"node", "n1"}});
  At(0s, {dead});
  Post(0s, Posted({{"alertname", "ByOurPrometheus"}, {"node", "n1"}}, 5h));
  Post(0s, Posted({{"alertname", "Named"}, {"cluster", "hub"}, {"node", "n1"}}, 5h));
  Post(0s, Posted({{"alertname", "OfAnother"}, {"cluster", "a"}, {"node", "n1"}}, 5h));
  Until(10s, 60s, {dead});
  EXPECT_THAT(Told(), UnorderedElementsAre(R"(fires NodeSilent{cluster="hub", node="n1"})",
                                           R"(fires OfAnother{cluster="a", node="n1"})"));
}

TEST_F(OwnLabels, ACollectorThatIsCutOffSilencesNodesOfItsClusterAlone) {
  Start(0s, {{"cluster", "hub"}});
  Post(0s, Posted({{"alertname", "CollectorIsolated"}, {"cluster", "a"}}, 5h));
  Post(0s, Posted({{"alertname", "NodeStale"}, {"cluster", "a"}, {"node", "n1"}}, 5h));
  const Condition stale = On("NodeStale", {{"node", "n1"}});
  Until(0s, 60s, {stale});
  EXPECT_THAT(Told(), UnorderedElementsAre(R"(fires CollectorIsolated{cluster="a"})",
                                           R"(fires NodeStale{cluster="hub", node="n1"})"));
}

TEST_F(OwnLabels, TheHeartbeatIsOursAndNotThatOfAClusterThatTellsUs) {
  plan_.receivers.push_back({.name = "switch", .integrations = {{.name = "switch/webhook[0]"}}});
  plan_.own_labels = {{"cluster", "hub"}};
  ASSERT_TRUE(AddHeartbeat(plan_, "switch", 60s));
  Start(0s, plan_.own_labels);
  Post(0s, Posted({{"alertname", "Watchdog"}, {"cluster", "a"}}, 5h));
  Until(0s, 60s, {Watchdog()});
  std::map<std::string, std::string> whom;
  for (const Notification& notification : postbox_.sent)
    whom[ClusterOf(notification.alerts.at(0).labels)] = notification.receiver;
  EXPECT_EQ(whom, (std::map<std::string, std::string>{{"a", "ops"}, {"hub", "switch"}}));
}

// ---- the upgrade from a release that named no cluster

class Upgrade : public OwnLabels {
 protected:
  // As that release leaves a store in which node n1 is silent, Prometheus' disk is full, and both were told.
  void RunWithoutNames() {
    plan_.root.group_by = {"alertname", "namespace"};
    Start(0s, {});
    Post(0s, Posted({{"alertname", "DiskFull"}}, 5h));
    Until(0s, 60s, {On("NodeSilent", {{"node", "n1"}}), On("Slow", {{"node", "n2"}})});
    EXPECT_EQ(Told().size(), 3U);
    for (const auto& [key, value] : journal_.entries) EXPECT_FALSE(key.starts_with("own/")) << key;
    journal_.entries["kept/ops/slack[0]|{}:{alertname=\"NodeSilent\"}"] = "message 1";
  }
  const std::vector<Condition> both_ = {On("NodeSilent", {{"node", "n1"}}), On("Slow", {{"node", "n2"}})};
};

TEST_F(Upgrade, WhatFiresGoesOnFiringUnderItsNewNameAndNobodyIsToldAnew) {
  RunWithoutNames();
  plan_.root.group_by = {"alertname", "cluster", "namespace"};  // what the default has become
  Start(70s, {{"cluster", "prod"}});
  Until(80s, 20min, both_);
  EXPECT_THAT(Told(), IsEmpty());
  const Alert* silent =
      alerting_->book().Find(Fingerprint("NodeSilent", {{"cluster", "prod"}, {"node", "n1"}}));
  ASSERT_NE(silent, nullptr);
  EXPECT_EQ(silent->since, kStart);
  EXPECT_EQ(alerting_->book().alerts().size(), 3U);
  Until(20min + 10s, 30min, {On("Slow", {{"node", "n2"}})});
  EXPECT_THAT(Told(), ElementsAre(R"(ended NodeSilent{cluster="prod", node="n1"})"))
      << "told once, when it ends";
}

TEST_F(Upgrade, GroupsByAllLabelsAreCarriedOverWithWhatIsKeptOfThem) {
  plan_.root.group_by_all = true;
  RunWithoutNames();
  const std::string before = R"({}:{alertname="NodeSilent", node="n1", severity="Sev2"})";
  const std::string after = R"({}:{alertname="NodeSilent", cluster="prod", node="n1", severity="Sev2"})";
  ASSERT_TRUE(journal_.entries.contains("group/" + before));
  journal_.entries["kept/ops/slack[0]|" + before] = "message 2";
  const std::string timers = journal_.entries.at("group/" + before);
  Start(70s, {{"cluster", "prod"}});
  EXPECT_THAT(postbox_.recalled, testing::Contains(after + "=message 2"));
  EXPECT_FALSE(journal_.entries.contains("group/" + before));
  EXPECT_EQ(journal_.entries.at("group/" + after), timers) << "on the schedule that it began with";
  EXPECT_TRUE(journal_.entries.contains("kept/ops/slack[0]|" + after));
  EXPECT_FALSE(journal_.entries.contains("kept/ops/slack[0]|" + before));
  Until(80s, 20min, both_);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(Upgrade, WhatWaitsToBeSentIsSentUnderTheNewName) {
  Start(0s, {});
  alerting_->Happened({{On("ContainerOomKilled", {}, true), kStart}}, kStart);
  const std::string id = std::exchange(postbox_.sent, {}).at(0).id;
  Start(1s, {{"cluster", "prod"}});
  ASSERT_EQ(postbox_.sent.size(), 1U) << "its outcome is not known";
  EXPECT_EQ(postbox_.sent[0].id, id);
  EXPECT_THAT(postbox_.sent[0].group_key, testing::HasSubstr(R"(cluster="prod")"));
  EXPECT_EQ(postbox_.sent[0].group_labels.at("cluster"), "prod");
  EXPECT_THAT(Told(), ElementsAre(R"(fires ContainerOomKilled{cluster="prod"})"));
}

TEST_F(Upgrade, ItHappensOnceAndAKillRightAfterItChangesNothing) {
  RunWithoutNames();
  Start(70s, {{"cluster", "prod"}});
  const auto entries = journal_.entries;
  EXPECT_EQ(entries.at("own/labels"), R"({"cluster":"prod"})");
  EXPECT_FALSE(entries.contains("alert/" + Fingerprint("NodeSilent", {{"node", "n1"}})));
  Start(71s, {{"cluster", "prod"}});
  EXPECT_EQ(journal_.entries, entries);
  Until(80s, 20min, both_);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(Upgrade, AnotherNameIsCarriedOverLikeAFirstOne) {
  RunWithoutNames();
  Start(70s, {{"cluster", "c-1a2b3c4d"}, {"team", "sre"}});
  At(80s, both_);
  Start(90s, {{"cluster", "prod"}});
  Until(100s, 20min, both_);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_NE(alerting_->book().Find(Fingerprint("NodeSilent", {{"cluster", "prod"}, {"node", "n1"}})),
            nullptr);
}

TEST_F(Upgrade, AfterARollbackBetweenTheOpenAlertCounts) {
  RunWithoutNames();
  Start(70s, {{"cluster", "prod"}});
  At(80s, both_);
  // The release before knows the alert with the label as one that is over, and one without it anew.
  const std::string kept = std::exchange(journal_.entries["own/labels"], "");
  journal_.entries.erase("own/labels");
  Start(90s, {});
  Until(100s, 10min, both_);
  journal_.entries["own/labels"] = kept;
  Told();
  Start(11min, {{"cluster", "prod"}});
  Until(11min, 30min, both_);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_EQ(alerting_->book().alerts().size(), 3U);
}

TEST_F(Upgrade, WhatIsDamagedCostsItselfAlone) {
  RunWithoutNames();
  for (const char* key : {"alert/zzz", "note/zzz", "group/zzz", "kept/zzz", "silence/zzz", "own/labels"})
    journal_.entries[key] = "[]";
  Start(70s, {{"cluster", "prod"}});
  EXPECT_EQ(alerting_->book().alerts().size(), 3U);
  Until(80s, 20min, both_);
  EXPECT_THAT(Told(), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector

// Two candidates for one lease, at an API server that keeps it as the real one does: a change of what has been changed
// meanwhile is refused. Time is moved by hand, one clock for each candidate.
#include "collector/kube_repair/lease_election.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

#include "collector/kube_repair/repair_lease.h"
#include "tests/support/http_server.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::HasSubstr;

constexpr const char* kLeases = "/apis/coordination.k8s.io/v1/namespaces/loadline-system/leases";

class LeaseServer {
 public:
  Reply Answer(const SeenRequest& request) {
    std::function<void()> before;
    {
      const std::lock_guard lock(mutex_);
      if (hangs) return {.manner = Reply::Manner::kHang};
      if (status != 0) return {.status = status, .body = json{{"message", words}}.dump()};
      if (request.method != "GET") before = std::exchange(before_next_change, {});
    }
    if (before) before();
    const std::lock_guard lock(mutex_);
    if (request.method == "GET") {
      EXPECT_EQ(request.path, std::string(kLeases) + "/loadline-repair");
      return lease.is_null() ? Gone() : Reply{.body = lease.dump()};
    }
    return Change(request);
  }
  // As another client does it, whatever stands there.
  void Write(const std::function<void(json&)>& change) {
    const std::lock_guard lock(mutex_);
    change(lease);
    lease["metadata"]["resourceVersion"] = std::to_string(++version_);
  }
  json Spec() {
    const std::lock_guard lock(mutex_);
    return lease["spec"];
  }
  void Set(int answer, std::string message) {
    const std::lock_guard lock(mutex_);
    status = answer;
    words = std::move(message);
  }

  json lease = nullptr;
  std::atomic<bool> hangs = false;
  int status = 0;
  std::string words;
  std::function<void()> before_next_change;  // somebody is quicker

 private:
  static Reply Gone() { return {.status = 404, .body = R"({"message":"no such lease"})"}; }
  static Reply Conflict() { return {.status = 409, .body = R"({"message":"the object has been modified"})"}; }
  Reply Change(const SeenRequest& request) {
    json body = json::parse(request.body);
    EXPECT_EQ(body["metadata"]["name"], "loadline-repair");
    if (request.method == "POST") {
      EXPECT_EQ(request.path, kLeases);
      if (!lease.is_null()) return Conflict();
    } else {
      EXPECT_EQ(request.method, "PUT");
      if (lease.is_null()) return Gone();
      if (body["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]) return Conflict();
    }
    body["metadata"]["resourceVersion"] = std::to_string(++version_);
    lease = std::move(body);
    return {.body = lease.dump()};
  }

  std::mutex mutex_;
  int version_ = 0;
};

struct Candidate {
  Candidate(const std::string& server, const std::string& identity)
      : api({.server = server}, clock),
        election(clock, {.space = "loadline-system", .identity = identity, .answer_within = 300ms}) {}
  void Round() { election.Round(api); }
  [[nodiscard]] bool leads() const { return !election.StandingBy(); }
  [[nodiscard]] std::string words() const {
    const auto standing = election.StandingBy();
    return standing ? standing->words : "";
  }

  ManualClock clock;
  KubeClient api;
  LeaseElection election;
};

class LeaseElectionTest : public testing::Test {
 protected:
  void Advance(Duration time) {
    a_.clock.Advance(time);
    b_.clock.Advance(time);
  }
  // Each asks every second, more often than it would.
  void Live(Duration time, bool a_asks = true) {
    for (Duration lived{}; lived < time; lived += 1s) {
      Advance(1s);
      if (a_asks) a_.Round();
      b_.Round();
      EXPECT_FALSE(a_.leads() && b_.leads());
    }
  }

  LeaseServer leases_;
  HttpServer server_{[this](const SeenRequest& request) { return leases_.Answer(request); }};
  Candidate a_{server_.Url(""), "a"};
  Candidate b_{server_.Url(""), "b"};
};

TEST_F(LeaseElectionTest, NobodyLeadsBeforeItHasTheLease) {
  EXPECT_FALSE(a_.leads());
  EXPECT_THAT(a_.words(), HasSubstr("not known yet"));
  EXPECT_FALSE(a_.election.StandingBy()->elsewhere);
  a_.Round();
  EXPECT_TRUE(a_.leads());
  const json spec = leases_.Spec();
  EXPECT_EQ(spec["holderIdentity"], "a");
  EXPECT_EQ(spec["leaseDurationSeconds"], 15);
  EXPECT_EQ(spec["leaseTransitions"], 0);
  EXPECT_EQ(spec["acquireTime"], spec["renewTime"]);
  EXPECT_THAT(spec["renewTime"].get<std::string>(),
              testing::MatchesRegex(R"(....-..-..T..:..:..[.]......Z)"));
}

TEST_F(LeaseElectionTest, TheOtherOneStandsByAndNamesTheHolder) {
  a_.Round();
  b_.Round();
  EXPECT_EQ(b_.words(), "another collector, a, repairs here");
  EXPECT_TRUE(b_.election.StandingBy()->elsewhere);
  Live(10min);
  EXPECT_TRUE(a_.leads());
  EXPECT_EQ(leases_.Spec()["leaseTransitions"], 0);
}

TEST_F(LeaseElectionTest, WhenTheHolderDiesTheOtherOneTakesOverAfterTheLeaseHasStoodStill) {
  a_.Round();
  b_.Round();
  Live(14s, false);
  EXPECT_FALSE(a_.leads()) << "it has not renewed for longer than 10 s";
  EXPECT_FALSE(b_.leads());
  Live(1s, false);
  EXPECT_TRUE(b_.leads());
  const json spec = leases_.Spec();
  EXPECT_EQ(spec["holderIdentity"], "b");
  EXPECT_EQ(spec["leaseTransitions"], 1);
  // The first one comes back, as after SIGSTOP.
  a_.Round();
  EXPECT_EQ(a_.words(), "another collector, b, repairs here");
}

TEST_F(LeaseElectionTest, AHolderThatCannotRenewStandsDownBeforeAnotherMayTakeOver) {
  a_.Round();
  b_.Round();
  leases_.Set(503, "etcd is away");
  for (int i = 0; i < 9; ++i) {
    Advance(1s);
    a_.Round();
  }
  EXPECT_TRUE(a_.leads());
  Advance(1s);
  EXPECT_FALSE(a_.leads()) << "without another round: whoever asks is answered by the clock";
  EXPECT_THAT(a_.words(),
              HasSubstr("loadline-system/loadline-repair cannot be had: the API server answered 503"));
  EXPECT_FALSE(a_.election.StandingBy()->elsewhere);
  leases_.Set(0, "");
  b_.Round();
  EXPECT_FALSE(b_.leads()) << "5 s are between the two";
  // It is still its own lease.
  a_.Round();
  EXPECT_TRUE(a_.leads());
  EXPECT_EQ(leases_.Spec()["leaseTransitions"], 0);
}

TEST_F(LeaseElectionTest, AnApiServerThatHangsIsAsOneThatIsAway) {
  a_.Round();
  leases_.hangs = true;
  const auto began = std::chrono::steady_clock::now();
  Advance(9s);
  a_.Round();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s) << "a round is bounded";
  EXPECT_TRUE(a_.leads());
  Advance(1s);
  EXPECT_FALSE(a_.leads());
}

TEST_F(LeaseElectionTest, OfTwoThatAskAtOnceOneHasIt) {
  leases_.before_next_change = [this] { b_.Round(); };
  a_.Round();
  EXPECT_TRUE(b_.leads());
  EXPECT_EQ(a_.words(), "another collector, b, repairs here");
}

TEST_F(LeaseElectionTest, OfTwoThatFindItRunOutOneHasIt) {
  leases_.Write([](json& lease) {
    lease = {{"metadata", {{"name", "loadline-repair"}}}, {"spec", {{"holderIdentity", "dead"}}}};
  });
  a_.Round();
  b_.Round();
  EXPECT_EQ(a_.words(), "another collector, dead, repairs here");
  Advance(15s);
  leases_.before_next_change = [this] { b_.Round(); };
  a_.Round();
  EXPECT_TRUE(b_.leads());
  EXPECT_FALSE(a_.leads());
}

TEST_F(LeaseElectionTest, AChangeByOthersCostsTheHolderNothing) {
  a_.Round();
  leases_.Write([](json& lease) { lease["metadata"]["annotations"] = {{"note", "do not delete"}}; });
  Advance(5s);
  a_.Round();
  Advance(6s);
  EXPECT_TRUE(a_.leads()) << "it read it again, and renewed it";
  EXPECT_EQ(leases_.lease["metadata"]["annotations"]["note"], "do not delete") << "what others wrote stays";
}

TEST_F(LeaseElectionTest, WhatWasRepairedLiesOnTheLeaseAndWhoeverTakesOverReadsIt) {
  const RecordedRepair repair{"web-1@17", "web", "", Wall(20s), {}};
  a_.Round();
  EXPECT_FALSE(a_.election.HasNews());
  a_.election.Record({});
  EXPECT_FALSE(a_.election.HasNews()) << "nothing is worth no word";
  a_.election.Record({repair});
  EXPECT_TRUE(a_.election.HasNews());
  EXPECT_FALSE(a_.election.OnRecord("web-1@17")) << "not before the API server has it";
  a_.Round();
  EXPECT_TRUE(a_.election.OnRecord("web-1@17"));
  EXPECT_FALSE(a_.election.HasNews());
  b_.Round();
  Live(15s, false);
  ASSERT_TRUE(b_.leads());
  EXPECT_EQ(b_.election.Recorded(), std::vector{repair});
}

TEST_F(LeaseElectionTest, WhatStandsThereOutlivesAHolderThatKnowsLess) {
  a_.Round();
  a_.election.Record({{"web-1@17", "web", "", Wall(20s), {}}});
  a_.Round();
  // Before it is written the lease runs out, and another one writes there and gives it back.
  a_.election.Record({{"web-2@18", "web", "", Wall(21s), {}}});
  b_.Round();
  Live(15s, false);
  ASSERT_TRUE(b_.leads());
  b_.election.Record({{"web-1@17", "web", "", Wall(20s), {}}, {"web-3@19", "web", "", Wall(22s), {}}});
  b_.Round();
  b_.election.Release(b_.api);
  a_.Round();
  EXPECT_TRUE(a_.leads());
  EXPECT_FALSE(a_.election.OnRecord("web-2@18")) << "it has to read first what was begun meanwhile";
  EXPECT_TRUE(a_.election.OnRecord("web-3@19"));
}

TEST_F(LeaseElectionTest, ALeaseThatIsDeletedIsMadeAgain) {
  a_.Round();
  leases_.lease = nullptr;
  Advance(5s);
  a_.Round();
  Advance(6s);
  EXPECT_TRUE(a_.leads());
}

TEST_F(LeaseElectionTest, NoClockOfTheWallDecides) {
  a_.Round();
  b_.Round();
  for (const Duration jump : {Duration(24h), Duration(-48h), Duration(24h)}) {
    b_.clock.StepWall(jump);
    a_.clock.StepWall(-jump);
    Live(20s);
    EXPECT_TRUE(a_.leads());
    EXPECT_FALSE(b_.leads());
  }
  // Times of a holder from another age: it is judged from when it was first seen.
  leases_.Write([](json& lease) {
    lease["spec"] = {{"holderIdentity", "old"},
                     {"leaseDurationSeconds", 15},
                     {"renewTime", "1999-01-01T00:00:00.000000Z"}};
  });
  b_.Round();
  EXPECT_EQ(b_.words(), "another collector, old, repairs here");
}

TEST_F(LeaseElectionTest, AHolderThatWantsLongerIsWaitedForLonger) {
  leases_.Write([](json& lease) {
    lease = {{"metadata", {{"name", "loadline-repair"}}},
             {"spec", {{"holderIdentity", "slow"}, {"leaseDurationSeconds", 60}, {"leaseTransitions", 7}}}};
  });
  a_.Round();
  Advance(59s);
  a_.Round();
  EXPECT_FALSE(a_.leads());
  Advance(1s);
  a_.Round();
  EXPECT_TRUE(a_.leads());
  EXPECT_EQ(leases_.Spec()["leaseTransitions"], 8);
  EXPECT_EQ(leases_.Spec()["leaseDurationSeconds"], 15);
}

TEST_F(LeaseElectionTest, WhoeverMayNotSaysSoAndDoesNotLead) {
  leases_.Set(403, R"(leases.coordination.k8s.io "loadline-repair" is forbidden)");
  a_.Round();
  EXPECT_FALSE(a_.leads());
  EXPECT_THAT(a_.words(), HasSubstr("is forbidden"));
}

TEST_F(LeaseElectionTest, AnotherOneThatIsNoLongerSeenIsNotSaidToRepair) {
  a_.Round();
  b_.Round();
  leases_.Set(403, "forbidden");
  Advance(15s);
  b_.Round();
  EXPECT_FALSE(b_.election.StandingBy()->elsewhere);
  EXPECT_THAT(b_.words(), HasSubstr("cannot be had"));
}

TEST_F(LeaseElectionTest, WhatOthersCallThemselvesIsShownWithoutHarm) {
  leases_.Write(
      [](json& lease) { lease = {{"spec", {{"holderIdentity", "\x1b[2Jx" + std::string(10'000, 'y')}}}}; });
  a_.Round();
  EXPECT_THAT(a_.words(), testing::Not(HasSubstr("\x1b")));
  EXPECT_LT(a_.words().size(), 300U);
}

TEST_F(LeaseElectionTest, WhatIsGivenBackIsTakenAtOnce) {
  a_.Round();
  b_.Round();
  a_.election.Release(a_.api);
  EXPECT_FALSE(a_.leads());
  EXPECT_FALSE(leases_.Spec().contains("holderIdentity"));
  b_.Round();
  EXPECT_TRUE(b_.leads());
  EXPECT_EQ(leases_.Spec()["leaseTransitions"], 1);
  // Who does not hold it gives nothing back.
  a_.election.Release(a_.api);
  EXPECT_EQ(leases_.Spec()["holderIdentity"], "b");
}

TEST_F(LeaseElectionTest, ARenewalOfWhichNothingWasHeardIsGivenBackToo) {
  a_.Round();
  leases_.Write([](json& lease) { lease["spec"]["renewTime"] = "2026-01-01T00:00:05.000000Z"; });
  leases_.before_next_change = [this] {
    leases_.Write([](json& lease) { lease["spec"]["renewTime"] = "later"; });
  };
  a_.election.Release(a_.api);
  EXPECT_FALSE(leases_.Spec().contains("holderIdentity"));
}

TEST_F(LeaseElectionTest, AThreadKeepsItAndGivesItBackAtItsEnd) {
  const SystemClock clock;
  auto lease = std::make_unique<RepairLease>(
      KubeAccess{.server = server_.Url("")}, clock,
      LeaseOptions{.space = "loadline-system", .identity = LeaseIdentity("host"), .renew_each = 10ms});
  ASSERT_TRUE(test::Eventually([&] { return !lease->StandingBy(); }));
  ASSERT_TRUE(server_.WaitFor(6)) << "it renews";
  EXPECT_THAT(leases_.Spec()["holderIdentity"].get<std::string>(), testing::StartsWith("host_"));
  lease.reset();
  EXPECT_FALSE(leases_.Spec().contains("holderIdentity"));
}

TEST_F(LeaseElectionTest, TheThreadEndsThoughTheApiServerHangs) {
  leases_.hangs = true;
  const SystemClock clock;
  auto lease = std::make_unique<RepairLease>(KubeAccess{.server = server_.Url("")}, clock,
                                             LeaseOptions{.space = "loadline-system", .identity = "c"});
  ASSERT_TRUE(server_.WaitFor(1));
  const auto began = std::chrono::steady_clock::now();
  lease.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

}  // namespace
}  // namespace loadline::collector

#include "collector/kube_api/watch.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "collector/kube_api/kube_client.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::ElementsAre;
using testing::HasSubstr;

// A watch of what `server` says, on a thread of its own, with all that it has told.
struct Running {
  explicit Running(const HttpServer& server, int page = 500)
      : watch({.path = "/things", .page = page},
              {.begin_list = [] {},
               .upsert = [this](const nlohmann::json& o) { Tell("+", o); },
               .remove = [this](const nlohmann::json& o) { Tell("-", o); },
               .end_list = [] {}},
              {.first = 1ms, .most = 2ms}),
        access{.server = server.Url("")},
        thread([this](const std::stop_token& stop) {
          KubeClient api(access, clock, stop);
          watch.Run(api, stop);
        }) {}
  void Tell(const std::string& sign, const nlohmann::json& object) {
    std::lock_guard lock(mutex);
    told.push_back(sign + object["metadata"]["name"].get<std::string>());
  }
  std::vector<std::string> Told() {
    std::lock_guard lock(mutex);
    return told;
  }

  std::mutex mutex;
  std::vector<std::string> told;
  SystemClock clock;
  Watch watch;
  KubeAccess access;
  std::jthread thread;
};

std::string Item(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + std::to_string(version) + R"("}})";
}
Reply List(const std::string& items, int version, const std::string& next = "") {
  return {.body = R"({"items":[)" + items + R"(],"metadata":{"resourceVersion":")" + std::to_string(version) +
                  R"(","continue":")" + next + R"("}})"};
}
std::string Event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}
Reply Hang(const SeenRequest&) {
  return {.manner = Reply::Manner::kHang};
}

TEST(Watch, ListsInPagesAndThenFollowsFromTheVersionOfTheList) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 3), 7, "next/page"));
  server.Queue(List(Item("b", 5), 7));
  server.Queue({.body = Event("MODIFIED", Item("a", 8)) + Event("DELETED", Item("b", 21))});
  Running running(server, 1);
  ASSERT_TRUE(server.WaitFor(4));
  EXPECT_THAT(running.Told(), ElementsAre("+a", "+b", "+a", "-b"));
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].path, "/things?limit=1");
  EXPECT_EQ(seen[1].path, "/things?limit=1&continue=next%2Fpage");
  EXPECT_THAT(seen[2].path, HasSubstr("resourceVersion=7&"));
  // The stream ended: it goes on behind the last event, without a new list.
  EXPECT_THAT(seen[3].path, HasSubstr("resourceVersion=21&"));
  EXPECT_TRUE(running.watch.synced());
}

TEST(Watch, ABookmarkMovesThePositionWithoutTellingAnybody) {
  HttpServer server(Hang);
  server.Queue(List("", 7));
  server.Queue({.body = Event("BOOKMARK", R"({"metadata":{"resourceVersion":"99"}})")});
  Running running(server);
  ASSERT_TRUE(server.WaitFor(3));
  EXPECT_THAT(server.seen()[2].path, HasSubstr("resourceVersion=99&"));
  EXPECT_THAT(running.Told(), ElementsAre());
}

TEST(Watch, APositionThatIsTooOldMeansANewList) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 1), 1));
  server.Queue({.body = Event("ERROR", R"({"code":410,"message":"too old resource version"})")});
  server.Queue(List(Item("b", 2), 2));
  server.Queue({.status = 410, .body = R"({"code":410})"});
  server.Queue(List(Item("c", 3), 3));
  Running running(server);
  ASSERT_TRUE(server.WaitFor(6));
  EXPECT_THAT(running.Told(), ElementsAre("+a", "+b", "+c"));
  EXPECT_EQ(running.watch.counters().expired, 2);
  EXPECT_EQ(running.watch.counters().lists, 3);
}

TEST(Watch, AListThatExpiresBetweenPagesBeginsAnew) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 1), 1, "more"));
  server.Queue({.status = 410, .body = R"({"code":410})"});
  server.Queue(List(Item("a", 9), 9));
  Running running(server);
  ASSERT_TRUE(server.WaitFor(4));
  EXPECT_EQ(server.seen()[2].path, "/things?limit=500");
  EXPECT_THAT(running.Told(), ElementsAre("+a", "+a"));
}

TEST(Watch, AServerThatAsksToWaitIsObeyed) {
  HttpServer server(Hang);
  server.Queue({.status = 429, .headers = {{"Retry-After", "1"}}});
  server.Queue(List("", 7));
  Running running(server);
  ASSERT_TRUE(server.WaitFor(2));
  const auto seen = server.seen();
  EXPECT_GE(seen[1].at - seen[0].at, 1s);
}

TEST(Watch, AMissingPermissionIsToldInTheServersWordsAndAskedForAgain) {
  HttpServer server(Hang);
  server.Queue({.status = 403, .body = R"({"message":"things is forbidden: x cannot list resource"})"});
  Running running(server);
  ASSERT_TRUE(server.WaitFor(2));
  EXPECT_THAT(running.watch.trouble(), HasSubstr("x cannot list resource"));
  EXPECT_FALSE(running.watch.synced());
}

TEST(Watch, AStreamThatBreaksOffGoesOnWhereItWas) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 1), 1));
  server.Queue({.body = Event("ADDED", Item("b", 5)), .manner = Reply::Manner::kHalf});
  Running running(server);
  ASSERT_TRUE(server.WaitFor(3));
  EXPECT_THAT(running.Told(), ElementsAre("+a", "+b"));
  EXPECT_THAT(server.seen()[2].path, HasSubstr("resourceVersion=5&"));
}

TEST(Watch, AStreamThatStoodAndFellSilentIsNoTroubleWhileTheNextOneStands) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 1), 1));
  for (int i = 0; i < 3; ++i)
    server.Queue({.manner = Reply::Manner::kHalf});  // a head, and nothing behind it
  Running running(server);
  ASSERT_TRUE(server.WaitFor(5));
  EXPECT_EQ(running.watch.trouble(), "");
  EXPECT_EQ(running.watch.counters().failures, 3U);
}

TEST(Watch, AServerThatGivesNoAnswerIsTrouble) {
  HttpServer server(Hang);
  server.Queue(List(Item("a", 1), 1));
  for (int i = 0; i < 4; ++i) server.Queue({.manner = Reply::Manner::kSlam});
  Running running(server);
  ASSERT_TRUE(server.WaitFor(4));
  EXPECT_THAT(running.watch.trouble(), HasSubstr("watching /things"));
}

TEST(Backoff, DoublesUpToItsBoundAndStartsAgainAfterSuccess) {
  Backoff backoff({.first = 1s, .most = 4s}, 1);
  for (const Duration most : {1s, 2s, 4s, 4s}) {
    const Duration wait = backoff.Next();
    EXPECT_GE(wait, most / 2);
    EXPECT_LE(wait, most);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), 1s);
}

}  // namespace
}  // namespace loadline::collector

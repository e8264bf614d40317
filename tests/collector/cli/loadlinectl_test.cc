// loadlinectl against the real API over a handmade cluster.
#include "collector/cli/loadlinectl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/web/server.h"
#include "tests/support/handmade_snapshot.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Said {
  int code = -1;
  std::string out;
  std::string error;
};

// A receiver with two ways, in the place of those who really tell.
class FakeTrial final : public ReceiverTrial {
 public:
  Result<std::vector<TrialOutcome>> Try(const std::string& receiver, const std::string& by) override {
    if (receiver != "team a/ops") return Failure(ErrorKind::kNotFound, "no receiver '" + receiver + "'");
    asked_by = by;
    return std::vector<TrialOutcome>{{.way = "ops/email[0]", .outcome = email, .detail = email_detail},
                                     {.way = "ops/log[0]", .outcome = "delivered"}};
  }
  std::string asked_by;
  std::string email = "delivered";
  std::string email_detail;
};

class FakePreview final : public ReceiverPreview {
 public:
  Result<Json> Preview(const PreviewWish& wish) override {
    if (wish.receiver != "team a/ops") return Failure(ErrorKind::kNotFound, "no receiver");
    const std::string of = wish.alert + wish.example + (wish.resolved ? " over" : "");
    return Json{
        {"receiver", wish.receiver},
        {"alert", of},
        {"ways",
         {{{"name", "ops/email[0]"},
           {"note", ""},
           {"messages", {{{"text", "Subject: " + of + "\n\x1b[2J"}, {"body", "raw"}, {"html", "<p>"}}}}},
          {{"name", "ops/webhook[0]"},
           {"note", "not told: x"},
           {"messages", {{{"text", ""}, {"body", {{"version", "4"}}}, {"html", ""}}}}}}}};
  }
};

class FakeRepairs final : public RepairDesk {
 public:
  Result<void> Decide(const std::string& id, bool approve, const std::string& who) override {
    decided = id + (approve ? " approved by " : " refused by ") + who;
    return {};
  }
  std::string decided;
};

class LoadlinectlTest : public testing::Test {
 protected:
  LoadlinectlTest() {
    server_ = WebServer::Start(
                  {.port = 0,
                   .alerts = {.may_write = [](const std::string& token) -> Result<void> {
                     if (token == "sesame") return {};
                     return Failure(ErrorKind::kDenied, "the token is wrong");
                   }},
                   .trial = &trial_,
                   .preview = &preview_,
                   .repairs = &repairs_},
                  [this] { return snapshot_; }, clock_)
                  .value();
  }

  Said Run(const std::vector<std::string>& arguments, int looks = 1, bool colours = false) {
    Said said;
    said.code = RunLoadlinectl(arguments,
                               {.out = [&](const std::string& text) { said.out += text; },
                                .error = [&](const std::string& text) { said.error += text; },
                                .colours = colours,
                                .server = where_.empty() ? server_->url() : where_,
                                .user = "alice on laptop",
                                .wait = [&](std::chrono::milliseconds) { return --looks > 0; }},
                               clock_);
    return said;
  }

  ManualClock clock_;
  std::shared_ptr<const Snapshot> snapshot_ = HandmadeSnapshot({.now = clock_.WallNow()});
  FakeTrial trial_;
  FakePreview preview_;
  FakeRepairs repairs_;
  std::unique_ptr<WebServer> server_;
  std::string where_;
};

TEST_F(LoadlinectlTest, ListsNodes) {
  const Said said = Run({"get", "nodes", "000003"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out,
            "NAME               STATE    CPU      MEMORY            PRESSURE CPU MEM IO   CONTAINERS   "
            "HEARTBEAT\n"
            "aks-pool1-000003   silent   3.09/8   18.5 GiB/32 GiB   6 % 0 % <1 %          12           4 min "
            "12 s\n");
}

TEST_F(LoadlinectlTest, FindsAndExplainsTheThousandAndFirstNode) {
  snapshot_ = HandmadeSnapshot({.nodes = 1'500, .now = clock_.WallNow()});
  EXPECT_EQ(std::ranges::count(Run({"get", "nodes"}).out, '\n'), 1 + 1'500);
  EXPECT_THAT(Run({"get", "nodes", "POOL1", "001000"}).out, HasSubstr("aks-pool1-001000"));
  EXPECT_THAT(Run({"why", "aks-pool1-001000"}).out, StartsWith("aks-pool1-001000 is "));
}

TEST_F(LoadlinectlTest, ListsEveryWorkloadOfManyPages) {
  snapshot_ = HandmadeSnapshot({.workloads = 2'300, .now = clock_.WallNow()});
  const Said said = Run({"get", "workloads"});
  // The head, and one workload with two containers.
  EXPECT_EQ(std::ranges::count(said.out, '\n'), 2'300 + 1 + 1);
}

TEST_F(LoadlinectlTest, ListsRecommendationsAndAlertsWide) {
  EXPECT_THAT(Run({"get", "recommendations", "orders-db", "-o", "wide"}).out,
              AllOf(HasSubstr("8 GiB"), HasSubstr("1.24 GiB"), HasSubstr("345m - 920m"), HasSubstr("vpa")));
  EXPECT_THAT(Run({"get", "alerts", "-o", "wide"}).out, HasSubstr("slack: refused: HTTP 404"));
}

// Every workload that there is, each by the API's own answer.
TEST_F(LoadlinectlTest, RecommendsWhatCanBeApplied) {
  const auto all = nlohmann::json::parse(Run({"get", "workloads", "-o", "json"}).out);
  int patches = 0;
  for (const auto& workload : all.at("items")) {
    const auto id = workload.at("id").get<std::string>();
    const Said patch = Run({"recommend", id});
    EXPECT_THAT(patch.error, Not(HasSubstr("not as this version"))) << id;
    if (patch.code != 0) continue;
    ++patches;
    EXPECT_THAT(patch.out,
                StartsWith("kubectl --namespace " + workload.at("namespace").get<std::string>() + " patch "));
    EXPECT_THAT(patch.out, HasSubstr(R"("requests":{"cpu":")")) << id;
    EXPECT_EQ(Run({"recommend", id, "--patch", "vpa"}).code, 0) << id;
  }
  EXPECT_GT(patches, 10);
}

TEST_F(LoadlinectlTest, GivesJsonToPrograms) {
  const auto json = nlohmann::json::parse(Run({"get", "nodes", "-o", "json"}).out);
  EXPECT_EQ(json.at("items").size(), 4U);
  EXPECT_EQ(json.at("items")[3].at("state"), "silent");
}

TEST_F(LoadlinectlTest, ColoursOnATerminalOnly) {
  EXPECT_THAT(Run({"get", "nodes"}, 1, true).out, HasSubstr("\x1b[31msilent\x1b[0m"));
  EXPECT_THAT(Run({"get", "nodes"}).out, Not(HasSubstr("\x1b")));
}

TEST_F(LoadlinectlTest, APersonIsToldWhoseCollectorAnswersAndProgramsFindItInTheJson) {
  EXPECT_THAT(Run({"get", "nodes"}, 1, true).out, StartsWith("\x1b[2maks-prod\x1b[0m\n"));
  EXPECT_THAT(Run({"get", "nodes"}).out, StartsWith("NAME"));
  EXPECT_EQ(nlohmann::json::parse(Run({"get", "nodes", "-o", "json"}).out).at("cluster"), "aks-prod");
}

TEST_F(LoadlinectlTest, AlertsOfSeveralClustersNameTheirs) {
  EXPECT_THAT(Run({"get", "alerts"}).out, Not(HasSubstr("CLUSTER")));
  auto hub = std::make_shared<Snapshot>(*snapshot_);
  hub->alerts.clear();
  for (const char* cluster : {"aks-prod", "aks-test"})
    hub->alerts.push_back(std::make_shared<const AlertView>(AlertView{.labels = {{"cluster", cluster}}}));
  snapshot_ = hub;
  EXPECT_THAT(Run({"get", "alerts"}).out,
              AllOf(HasSubstr("CLUSTER"), HasSubstr("aks-prod"), HasSubstr("aks-test")));
}

TEST_F(LoadlinectlTest, WatchWritesOnlyWhatChanged) {
  EXPECT_EQ(Run({"get", "nodes", "--watch"}, 3).out, Run({"get", "nodes"}).out);
}

TEST_F(LoadlinectlTest, TellsWhyOfAWorkloadByAnyUniqueWord) {
  const Said said = Run({"why", "checkout"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out, Run({"why", "shop/Deployment/checkout"}).out);
  EXPECT_THAT(said.out,
              AllOf(StartsWith("shop/Deployment/checkout (Deployment) on aks-pool1-000000"),
                    HasSubstr("CPU request: 100m -> 620m recommended."),
                    HasSubstr("Why: It was throttled in most periods"),
                    HasSubstr("Start-up boost: 1240m of CPU, 2.0 times its request, for the first "),
                    HasSubstr("Outlier pod: checkout-6c9d7b5f4-x2x8p on aks-pool1-000001, 3.1 times "
                              "the median CPU"),
                    HasSubstr("Outlier pod: checkout-6c9d7b5f4-lk4wd on aks-pool1-000002, whose node alone "
                              "calls for 37.4 times the memory that all others do"),
                    HasSubstr("Sev3 firing for 48 min")));
}

TEST_F(LoadlinectlTest, TellsWhyOfANodeAndOfAnAlert) {
  EXPECT_THAT(Run({"why", "aks-pool1-000002"}).out,
              HasSubstr("cgroup_counters by files: this kernel has no"));
  EXPECT_THAT(Run({"why", "aks-pool1-000003"}).out,
              AllOf(HasSubstr("is silent: no heartbeat for 4 min 12 s"),
                    HasSubstr("Data loss: 31 (missed_samples)"), HasSubstr("Sev1 firing")));
  EXPECT_EQ(Run({"why", "ContainerOomKilled"}).out, Run({"why", "0be76a4f9920c3d8"}).out);
}

TEST_F(LoadlinectlTest, PreviewsWhatTheRunningCollectorWouldSend) {
  const Said said = Run({"alert", "preview", "team a/ops", "--alert", "NodeSilent", "--resolved"});
  EXPECT_EQ(said.code, 0) << said.error;
  EXPECT_EQ(said.out,
            "ops/email[0]\n"
            "  Subject: NodeSilent over\n"
            "  \\x1b[2J\n"
            "\n"
            "ops/webhook[0] (not told: x)\n"
            "  {\n"
            "    \"version\": \"4\"\n"
            "  }\n");
  EXPECT_EQ(Run({"alert", "preview", "team a/ops", "--html"}).out, "<p>\n");
  const auto json = nlohmann::json::parse(Run({"alert", "preview", "team a/ops", "--json"}).out);
  EXPECT_EQ(json.at("alert"), "ContainerOomKilled");
  EXPECT_EQ(json.at("ways").at(0).at("messages").at(0).at("body"), "raw");
  EXPECT_EQ(Run({"alert", "preview", "nobody"}).code, 1);
  EXPECT_EQ(Run({"alert", "preview", "r", "--alert", "a", "--example", "b"}).code, 2);
}

TEST_F(LoadlinectlTest, PreviewsAFileBeforeItIsLoaded) {
  TemporaryFolder folder;
  const std::string file = folder.path() + "/alerts.yml";
  const auto preview = [&](const std::string& text, const std::vector<std::string>& more = {}) {
    std::ofstream(file) << "route: {receiver: r}\nreceivers:\n- name: r\n  slack_configs:\n"
                           "  - api_url: http://127.0.0.1:1/x\n    title: '" +
                               text + "'\n";
    std::vector<std::string> words = {"alert", "preview", "r", "--config", file};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  };
  where_ = "http://127.0.0.1:1";  // no collector is needed
  EXPECT_THAT(preview("{{ .CommonLabels.alertname | toUpper }}!", {"--page-url", "https://page.example"}).out,
              AllOf(StartsWith("r/slack[0]\n  *CONTAINEROOMKILLED!*\n"),
                    HasSubstr("[Open] https://page.example/#/alerts/")));
  const Said odd = preview("{{ template \"x\" . }}", {"--example", "NodeSilent"});
  EXPECT_THAT(odd.error, AllOf(HasSubstr(file + ": line 6: "), HasSubstr("title"),
                               HasSubstr("the built-in text is used")));
  EXPECT_THAT(odd.out, HasSubstr("Sev1 NodeSilent node-1"));
  EXPECT_THAT(preview("", {"--example", "NodeSilnt"}).error, HasSubstr("no rule 'NodeSilnt'; there are: "));
  EXPECT_THAT(preview("x'\n    titel: 'y").error,
              HasSubstr(":5: receiver 'r': slack_configs[0]: unknown key 'titel'"));
  // An alert that there is, in the words of the file.
  where_.clear();
  const Said real = preview("{{ .CommonAnnotations.summary }}", {"--alert", "ContainerOomKilled"});
  EXPECT_EQ(real.code, 0) << real.error;
  EXPECT_THAT(real.out, HasSubstr("killed"));
}

TEST_F(LoadlinectlTest, AsksWhichOneWhenSeveralAreMeant) {
  const Said said = Run({"why", "service"});
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.error, AllOf(HasSubstr("which one?"), HasSubstr("service-00009"), HasSubstr("\n  ...")));
}

TEST_F(LoadlinectlTest, TestsAReceiver) {
  const TemporaryFolder folder;
  const std::string token = folder.path() + "/token";
  std::ofstream(token) << "sesame\n";
  const std::vector<std::string> line = {"test-notification", "team a/ops", "--token-file", token};
  const Said delivered = Run(line);
  EXPECT_EQ(delivered.error, "");
  EXPECT_EQ(delivered.code, 0);
  EXPECT_EQ(delivered.out, "ops/email[0]: delivered\nops/log[0]: delivered\n");
  EXPECT_EQ(trial_.asked_by, "alice on laptop");
  trial_.email = "refused";
  trial_.email_detail = "the server takes no mail\x1b[2J";
  const Said refused = Run(line);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("ops/email[0]: refused: the server takes no mail"),
                                 HasSubstr("ops/log[0]: delivered\n"), Not(HasSubstr("\x1b"))));
  const Said unknown = Run({"test-notification", "nobody", "--token-file", token});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.error, HasSubstr("no receiver 'nobody'"));
}

TEST_F(LoadlinectlTest, TestsNoReceiverForSomebodyWhoMayNotWrite) {
  const Said said = Run({"test-notification", "team a/ops"});
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.error, HasSubstr("the token is wrong"));
  EXPECT_EQ(trial_.asked_by, "");
  EXPECT_THAT(Run({"test-notification", "team a/ops", "--token-file", "/no/such"}).error,
              HasSubstr("the token: reading /no/such: No such file"));
}

TEST_F(LoadlinectlTest, ListsRepairsAndDecidesAboutThem) {
  const Said list = Run({"repair", "list"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, AllOf(HasSubstr("drain      asked     4 min"),
                              HasSubstr("cordon     waiting   2 min"), HasSubstr("uncordon   over")));
  EXPECT_EQ(list.out, Run({"get", "repairs"}).out);
  EXPECT_THAT(list.out, testing::Not(HasSubstr("stands by")));
  const TemporaryFolder folder;
  const std::string token = folder.path() + "/token";
  std::ofstream(token) << "sesame\n";
  const std::string id = snapshot_->repairs.repairs[1].id;
  const std::string node = snapshot_->repairs.repairs[1].node;
  EXPECT_EQ(Run({"repair", "approve", id, "--token-file", token}).out, "approved: drain node " + node + "\n");
  EXPECT_EQ(repairs_.decided, id + " approved by alice on laptop");
  EXPECT_EQ(Run({"repair", "refuse", node, "--token-file", token}).out, "refused: drain node " + node + "\n");
  EXPECT_EQ(repairs_.decided, id + " refused by alice on laptop");
  repairs_.decided.clear();
  EXPECT_EQ(Run({"repair", "approve", id}).code, 1) << "without a token";
  const Said none = Run({"repair", "approve", "nobody", "--token-file", token});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.error, HasSubstr("no repair asks for approval as 'nobody'"));
  EXPECT_EQ(repairs_.decided, "");
  EXPECT_THAT(Run({"why", node}).out, HasSubstr("Repair (ask): disk read-only"));
}

TEST_F(LoadlinectlTest, SaysWhoRepairsWhenNothingIsToBeRepaired) {
  auto well = std::make_shared<Snapshot>(*snapshot_);
  well->repairs.repairs.clear();
  well->repairs.stand_by = "another collector, b, repairs here";
  snapshot_ = well;
  EXPECT_EQ(Run({"repair", "list"}).out,
            "Repair stands by: another collector, b, repairs here\nNo repairs found.\n");
  EXPECT_THAT(Run({"repair", "list", "--output", "json"}).out,
              HasSubstr("\"stand_by\": \"another collector, b, repairs here\""));
}

TEST_F(LoadlinectlTest, SaysThatThereIsNoSuchThing) {
  const Said said = Run({"why", "nonsense"});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.error, "loadlinectl: no workload, node or alert is called 'nonsense'\n");
}

TEST_F(LoadlinectlTest, SaysWhereItLookedForTheCollector) {
  where_ = "http://127.0.0.1:1";
  const Said said = Run({"get", "nodes"});
  EXPECT_EQ(said.code, 3);
  EXPECT_THAT(said.error,
              AllOf(HasSubstr("http://127.0.0.1:1"), HasSubstr("--server"), HasSubstr("LOADLINE_SERVER")));
}

TEST_F(LoadlinectlTest, SaysThatTheCollectorIsStarting) {
  snapshot_ = nullptr;
  const Said said = Run({"get", "nodes"});
  EXPECT_EQ(said.code, 3);
  EXPECT_THAT(said.error, HasSubstr("the collector is starting"));
}

TEST_F(LoadlinectlTest, RefusesAWrongCommandLine) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"get"},
                                                {"get", "pods"},
                                                {"get", "nodes", "-o", "yaml"},
                                                {"why"},
                                                {"fix"}}) {
    EXPECT_EQ(Run(wrong).code, 2);
  }
  EXPECT_EQ(Run({"--help"}).code, 0);
}

}  // namespace
}  // namespace loadline::collector

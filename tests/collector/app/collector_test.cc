// The whole collector in this process, with real sockets, the real uplink of the agent, and a server in
// Slack's place.
#include "collector/app/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "tests/support/azure.h"
#include "tests/support/http_server.h"
#include "tests/support/reporting_agent.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::Eventually;
using ::testing::HasSubstr;

class CollectorTest : public ::testing::Test {
 protected:
  CollectorTest() {
    config_.store.folder = folder_.path();
    config_.listen = {.agents = "tcp://127.0.0.1:0", .web = "127.0.0.1:0"};
  }
  void Start() {
    auto started = Collector::Start(config_);
    ASSERT_TRUE(started) << started.error().message;
    collector_ = std::move(*started);
  }
  std::unique_ptr<agent::Uplink> Agent(const std::string& node) {
    auto uplink =
        agent::StartUplink(test::UplinkTo(collector_->agent_endpoint(), folder_.path(), node), clock_);
    EXPECT_TRUE(uplink) << uplink.error().message;
    return std::move(*uplink);
  }
  std::shared_ptr<const Snapshot> Shown() {
    Eventually([&] { return collector_->board().Latest() != nullptr; });
    return collector_->board().Latest();
  }

  const TemporaryFolder folder_;
  const SystemClock clock_;
  Config config_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(CollectorTest, EveryAlgorithmCanBeChosenAndIsNamedWithItsAdvice) {
  for (const char* algorithm : {"krr", "autopilot", "autopilot-ml", "max:7:0.15", "vpa"}) {
    config_.recommend.algorithm = algorithm;
    config_.recommend.interval = 1s;
    config_.recommend.compare = "loadline";
    Start();
    const auto agent = Agent("node-1");
    agent->Send(test::ReportOf(1, clock_.WallNow(), true));
    const auto advice = [&]() -> std::shared_ptr<const RecommendationView> {
      const auto shown = Shown();
      return shown->workloads.empty() ? nullptr : shown->workloads[0]->containers[0].recommendation;
    };
    ASSERT_TRUE(Eventually([&] { return advice() != nullptr; })) << algorithm;
    EXPECT_EQ(advice()->algorithm, algorithm);
    EXPECT_EQ(advice()->compared.at(0)->algorithm, "loadline");
    EXPECT_GT(advice()->memory.target, 0) << algorithm;
    collector_.reset();
  }
}

TEST_F(CollectorTest, ShowsWhatAnAgentReportsAndKnowsItAgainAfterARestart) {
  Start();
  {
    const auto agent = Agent("node-1");
    const std::uint64_t last = agent->Send(test::ReportOf(3, clock_.WallNow(), true));
    ASSERT_TRUE(Eventually([&] { return agent->Status().Holds(last); })) << "acknowledged";
    ASSERT_TRUE(Eventually([&] { return Shown()->workloads.size() == 3; }));
  }
  const auto check = [&] {
    const auto shown = Shown();
    ASSERT_EQ(shown->workloads.size(), 3U);
    EXPECT_EQ(shown->workloads[0]->id, "path/load/1");
    EXPECT_NEAR(shown->workloads[0]->containers[0].cpu_cores, 0.5, 1e-6);
    ASSERT_EQ(shown->nodes.size(), 1U);
    EXPECT_EQ(shown->nodes[0].name, "node-1");
    EXPECT_EQ(shown->nodes[0].capacity.cpu, 4000);
  };
  check();
  collector_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/endpoints.json"));
  Start();
  check();
}

TEST_F(CollectorTest, AnAgentThatEndsWaitsForACollectorThatIsAwayForAMoment) {
  Start();
  config_.listen.agents = collector_->agent_endpoint();
  agent::UplinkOptions options = test::UplinkTo(collector_->agent_endpoint(), folder_.path(), "node-1");
  options.linger = 30s;
  auto agent = agent::StartUplink(options, clock_);
  ASSERT_TRUE(agent) << agent.error().message;
  const std::uint64_t first = (*agent)->Send(test::ReportOf(1, clock_.WallNow(), true));
  ASSERT_TRUE(Eventually([&] { return (*agent)->Status().Holds(first); }));
  collector_.reset();
  (*agent)->Send(wire::Event(test::KillIn("/load/1", clock_.WallNow())));
  std::jthread ending([&] { agent->reset(); });
  Start();
  ending.join();
  EXPECT_TRUE(Eventually([&] { return Shown()->collector.records_committed == 1; }));
  EXPECT_EQ(Shown()->workloads.at(0)->containers.at(0).oom_kills, 1U);
}

TEST_F(CollectorTest, AnOomKillReachesAzureByWorkloadIdentity) {
  test::Azure azure;
  const auto file = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text << "\n";
    return folder_.path() + "/" + name;
  };
  ::setenv("AZURE_AUTHORITY_HOST", azure.Url().c_str(), 1);
  ::setenv("AZURE_TENANT_ID", test::Azure::kTenant, 1);
  ::setenv("AZURE_CLIENT_ID", test::Azure::kClient, 1);
  ::setenv("AZURE_FEDERATED_TOKEN_FILE", file("federated", "federated-1").c_str(), 1);
  config_.azure.cluster = "aks-1";
  config_.azure.ways.logs.endpoint = azure.Url();
  config_.azure.ways.logs.rule_id = test::Azure::kRule;
  config_.azure.ways.events.connection_string_file = file("connection", azure.ConnectionString());
  config_.azure.metrics_resource_id = test::Azure::kCluster;
  config_.azure.metrics_endpoint = azure.Url();
  Start();
  for (const char* name :
       {"AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"})
    ::unsetenv(name);
  const auto agent = Agent("node-1");
  agent->Send(wire::Event(test::KillIn("/demo/hungry", clock_.WallNow())));
  EXPECT_TRUE(Eventually([&] { return !azure.rows().empty() && !azure.events().empty(); }));
  EXPECT_TRUE(Eventually([&] { return !azure.metrics().empty(); }));
  EXPECT_THAT(azure.faults(), ::testing::IsEmpty());
  ASSERT_FALSE(azure.rows().empty());
  EXPECT_EQ(azure.rows()[0]["AlertRule"], "ContainerOomKilled");
  EXPECT_EQ(azure.rows()[0]["Cluster"], "aks-1");
  EXPECT_TRUE(Eventually([&] {
    std::size_t delivered = 0;
    for (const ReceiverView& receiver : Shown()->collector.receivers)
      delivered += receiver.name != "default/log[0]" && receiver.delivered > 0;
    return delivered == 3;
  }));
}

TEST_F(CollectorTest, AnOomKillIsPostedToSlackAtOnce) {
  test::HttpServer slack([](const test::SeenRequest&) { return test::Reply{.body = "ok"}; });
  config_.slack.webhook_file = folder_.path() + "/webhook";
  std::ofstream(config_.slack.webhook_file) << slack.Url("/services/T/B/X") << "\n";
  std::filesystem::permissions(config_.slack.webhook_file, std::filesystem::perms(0600));
  Start();
  const auto agent = Agent("node-1");
  agent->Send(wire::Event(test::KillIn("/demo/hungry", clock_.WallNow())));
  ASSERT_TRUE(slack.WaitFor(1));
  const std::string body = slack.seen().front().body;
  EXPECT_THAT(body, HasSubstr("path/demo/hungry"));
  EXPECT_THAT(body, HasSubstr("node-1"));
  EXPECT_THAT(body, HasSubstr("64 MiB of 64 MiB used"));
  ASSERT_TRUE(
      Eventually([&] { return !Shown()->alerts.empty() && !Shown()->alerts[0]->deliveries.empty(); }));
  EXPECT_EQ(Shown()->alerts[0]->rule, "ContainerOomKilled");
  ASSERT_EQ(Shown()->collector.receivers.size(), 2U);
  EXPECT_EQ(Shown()->collector.receivers[1].name, "default/slack[0]");
  EXPECT_TRUE(Eventually([&] { return Shown()->collector.receivers[1].delivered >= 1; }));
  EXPECT_EQ(Shown()->happenings[0].kind, "oom_kill");
}

TEST_F(CollectorTest, ATestMessageGoesToTheReceiverAndItsOutcomeComesBack) {
  std::atomic<int> status = 200;
  test::HttpServer slack(
      [&](const test::SeenRequest&) { return test::Reply{.status = status, .body = "ok"}; });
  config_.slack.webhook_file = folder_.path() + "/webhook";
  std::ofstream(config_.slack.webhook_file) << slack.Url("/services/T/B/secret") << "\n";
  std::filesystem::permissions(config_.slack.webhook_file, std::filesystem::perms(0600));
  Start();
  HttpClient client;
  const auto ask = [&](const std::string& receiver, const std::string& origin) {
    return client
        .Do({.method = "POST",
             .url = collector_->web_url() + "api/v1/receivers/" + receiver + "/test",
             .headers = {"Content-Type: application/json", origin},
             .body = R"({"asked_by": "alice"})",
             .timeout = 30s})
        .value();
  };
  const HttpResponse delivered = ask("default", "X-Nothing: 1");
  EXPECT_EQ(delivered.status, 200);
  EXPECT_EQ(nlohmann::json::parse(delivered.body), nlohmann::json::parse(R"({
    "receiver": "default", "delivered": true, "ways": [
      {"name": "default/log[0]", "outcome": "delivered", "detail": ""},
      {"name": "default/slack[0]", "outcome": "delivered", "detail": ""}]})"));
  ASSERT_EQ(slack.seen().size(), 1U);
  EXPECT_THAT(slack.seen()[0].body, HasSubstr("alice asked for this test message. Nothing is wrong."));

  status = 503;
  const HttpResponse failed = ask("default", "X-Nothing: 1");
  const auto way = nlohmann::json::parse(failed.body).at("ways").at(1);
  EXPECT_EQ(way.at("outcome"), "failed");
  EXPECT_THAT(way.at("detail").get<std::string>(), HasSubstr("503"));
  EXPECT_THAT(failed.body, ::testing::Not(HasSubstr("secret")));

  const HttpResponse unknown = ask("nobody", "X-Nothing: 1");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("no receiver 'nobody'; there are: default"));
  EXPECT_EQ(ask("default", "Origin: http://elsewhere.example").status, 403);
  EXPECT_EQ(slack.seen().size(), 2U);
}

TEST_F(CollectorTest, ShowsWhatAReceiverWouldBeSentOfAnAlertThatThereIs) {
  test::HttpServer slack([](const test::SeenRequest&) { return test::Reply{.body = "ok"}; });
  config_.slack.webhook_file = folder_.path() + "/webhook";
  std::ofstream(config_.slack.webhook_file) << slack.Url("/services/T/B/secret") << "\n";
  std::filesystem::permissions(config_.slack.webhook_file, std::filesystem::perms(0600));
  Start();
  const auto agent = Agent("node-1");
  agent->Send(wire::Event(test::KillIn("/demo/hungry", clock_.WallNow())));
  ASSERT_TRUE(slack.WaitFor(1));
  HttpClient client;
  const auto ask = [&](const std::string& query) {
    return client.Do({.url = collector_->web_url() + "api/v1/receivers/default/preview" + query}).value();
  };
  // It is shown with the next snapshot.
  HttpResponse shown_alert;
  ASSERT_TRUE(Eventually([&] { return (shown_alert = ask("?alert=ContainerOomKilled")).ok(); }));
  const auto preview = nlohmann::json::parse(shown_alert.body);
  EXPECT_EQ(preview.at("ways").at(1).at("name"), "default/slack[0]");
  const auto shown = preview.at("ways").at(1).at("messages").at(0).at("body");
  const auto sent = nlohmann::json::parse(slack.seen().front().body);
  EXPECT_EQ(shown.at("text"), sent.at("text"));
  EXPECT_EQ(shown.at("blocks").at(1), sent.at("blocks").at(1));
  EXPECT_THAT(ask("?example=NodeSilent&resolved=true").body, HasSubstr("Resolved NodeSilent node-1"));
  EXPECT_EQ(ask("?alert=NodeSilent").status, 404);
  EXPECT_EQ(ask("").status, 400);
}

TEST_F(CollectorTest, EveryAlertAndEveryAnswerNamesTheCluster) {
  config_.cluster.name = "prod";
  config_.alerting.file = folder_.path() + "/alerts.yml";
  std::ofstream(config_.alerting.file) << "global: {external_labels: {team: sre}}\n"
                                          "route: {receiver: r}\n"
                                          "receivers: [{name: r, log_configs: [{}]}]\n";
  Start();
  const auto agent = Agent("node-1");
  agent->Send(wire::Event(test::KillIn("/demo/hungry", clock_.WallNow())));
  ASSERT_TRUE(Eventually([&] { return !Shown()->alerts.empty(); }));
  const std::map<std::string, std::string> labels(Shown()->alerts[0]->labels.begin(),
                                                  Shown()->alerts[0]->labels.end());
  EXPECT_EQ(labels.at("cluster"), "prod");
  EXPECT_EQ(labels.at("team"), "sre");
  HttpClient client;
  const auto get = [&](const std::string& path) {
    return client.Do({.url = collector_->web_url() + path}).value().body;
  };
  EXPECT_EQ(nlohmann::json::parse(get("api/v1/alerts")).at("cluster"), "prod");
  EXPECT_TRUE(
      Eventually([&] { return get("api/v2/alerts").find(R"("cluster":"prod")") != std::string::npos; }));
  EXPECT_THAT(get("metrics"), HasSubstr("loadline_cluster_info{cluster=\"prod\"} 1\n"));
  EXPECT_THAT(get("api/v1/receivers/r/preview?example=NodeSilent"), HasSubstr("node-1 in prod"));
}

TEST_F(CollectorTest, WithoutANameItIsCalledAsItsHost) {
  Start();
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  EXPECT_EQ(Shown()->collector.cluster, host.data());
}

TEST_F(CollectorTest, TheAddressesAreInTheStateFolder) {
  Start();
  std::ifstream file(folder_.path() + "/endpoints.json");
  const auto endpoints = nlohmann::json::parse(file);
  EXPECT_EQ(endpoints["agents"], collector_->agent_endpoint());
  EXPECT_EQ(endpoints["web"], collector_->web_url());
}

TEST_F(CollectorTest, WhatKeepsItFromStartingIsOneClearLine) {
  Start();
  const auto error_with = [&](auto change) {
    TemporaryFolder other;
    Config config = config_;
    config.store.folder = other.path();
    change(config);
    const auto second = Collector::Start(config);
    return second ? "started" : second.error().message;
  };
  const std::string agents = collector_->agent_endpoint();
  EXPECT_THAT(error_with([&](Config& c) { c.listen.agents = agents; }), HasSubstr("in use"));
  const std::string page = collector_->web_url().substr(7);
  EXPECT_THAT(error_with([&](Config& c) { c.listen.web = page.substr(0, page.size() - 1); }),
              HasSubstr("in use"));
  EXPECT_EQ(error_with([&](Config& c) { c.store.folder = folder_.path(); }),
            "state folder " + folder_.path() + " is in use by another collector");
  EXPECT_EQ(error_with([&](Config& c) { c.listen.web = "page"; }),
            "listen.web: 'page' is not an address such as 127.0.0.1:8080");
  EXPECT_THAT(error_with([&](Config& c) { c.recommend.algorithm = "guess"; }),
              HasSubstr("recommend.algorithm: unknown algorithm 'guess'"));
  EXPECT_THAT(error_with([&](Config& c) { c.recommend.compare = "guess"; }),
              HasSubstr("recommend.compare: unknown algorithm 'guess'"));
  EXPECT_THAT(error_with([&](Config& c) { c.recommend.region = "atlantis"; }),
              HasSubstr("recommend.region: no prices are known for 'atlantis'"));
}

}  // namespace
}  // namespace loadline::collector

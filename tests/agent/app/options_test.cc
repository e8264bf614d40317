#include "agent/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using ::testing::HasSubstr;

std::expected<Options, EarlyExit> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "loadline-agent");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(AgentOptions, AreSetOnTheCommandLine) {
  const auto options = Parse({"--collector", "tcp://c:1", "--collector-key-file", "/k", "--node", "n",
                              "--window", "20", "--spool-dir", "/s", "--spool-mib", "8", "--cgroup-root",
                              "/host/cgroup", "--off", "pressure", "--rung", "oom_kill=tracepoint"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->command, Options::Command::kRun);
  EXPECT_EQ(options->collector, "tcp://c:1");
  EXPECT_EQ(options->timing.window, std::chrono::seconds(20));
  EXPECT_EQ(options->spool.disk_bytes, std::size_t{8} << 20);
  EXPECT_EQ(options->source.host.cgroup_mount, "/host/cgroup");
  EXPECT_THAT(options->source.off, ::testing::ElementsAre(wire::Signal::kPressure, wire::Signal::kRunQueue));
  EXPECT_EQ(options->source.ceilings.at(0).signal, wire::Signal::kOomKill);
  EXPECT_EQ(options->source.ceilings.at(0).rung, wire::Rung::kTracepoint);
}

// As a collector without configuration listens: ReadConfig.WhatIsNotSaidKeepsItsDefault.
TEST(AgentOptions, WithoutAnAddressTheCollectorIsLookedForWhereItListensByItself) {
  EXPECT_EQ(Parse({"--collector-key-file", "/k"})->collector, "tcp://127.0.0.1:7400");
}

TEST(AgentOptions, TopAndProbeNeedNoCollector) {
  const auto top = Parse({"top", "--once", "--sort", "memory"});
  ASSERT_TRUE(top) << top.error().text;
  EXPECT_EQ(top->command, Options::Command::kTop);
  EXPECT_EQ(top->top.count, 1);
  EXPECT_EQ(top->top.sort, TopColumn::kMemory);
  EXPECT_EQ(Parse({"probe", "--json"})->command, Options::Command::kProbe);
}

TEST(AgentOptions, KmsgRulesNeedsALogAndNoCollector) {
  const auto options = Parse({"kmsg-rules", "-", "--rules", "a.json", "--rules", "built-in"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->command, Options::Command::kKmsgRules);
  EXPECT_EQ(options->kmsg_rules.log, "-");
  EXPECT_THAT(options->kmsg_rules.rules, ::testing::ElementsAre("a.json", "built-in"));
  EXPECT_TRUE(Parse({"kmsg-rules", "kern.log"})->kmsg_rules.rules.empty());
  EXPECT_THAT(Parse({"kmsg-rules"}).error().text, HasSubstr("FILE is required"));
}

TEST(AgentOptions, ChecksAreTurnedOffAndGivenWhatTheyNeed) {
  const auto options = Parse({"probe", "--check-off", "dns", "--check-off", "clock", "--check-kubelet",
                              "10.0.0.4:10248", "--check-runtime", "/r.sock", "--check-plugins", "/p"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_THAT(options->source.checks.off, ::testing::ElementsAre("dns", "clock"));
  EXPECT_EQ(options->source.checks.kubelet, "10.0.0.4:10248");
  EXPECT_EQ(options->source.checks.runtime_socket, "/r.sock");
  EXPECT_EQ(options->source.checks.plugins, "/p");
  EXPECT_TRUE(Parse({"probe", "--check-off", "all"}));
}

TEST(AgentOptions, WhatIsWrongIsSaidWithItsName) {
  EXPECT_THAT(Parse({"probe", "--check-off", "x"}).error().text, HasSubstr("'x' is not one of all, mounts"));
  EXPECT_THAT(Parse({}).error().text, HasSubstr("--collector-key-file is required"));
  EXPECT_THAT(Parse({"--colour"}).error().text, HasSubstr("--colour"));
  EXPECT_THAT(Parse({"probe", "--off", "x"}).error().text, HasSubstr("'x' is not one of cgroup_counters"));
  EXPECT_THAT(Parse({"probe", "--rung", "oom_kill"}).error().text, HasSubstr("--rung"));
  EXPECT_EQ(Parse({"--window", "0"}).error().status, 2);
  EXPECT_EQ(Parse({"--help"}).error().status, 0);
}

}  // namespace
}  // namespace loadline::agent

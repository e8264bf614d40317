#include "collector/config/read_config.h"

#include <gtest/gtest.h>

#include "collector/config/settings.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

std::string ErrorOf(const std::string& yaml) {
  const auto config = ParseConfig(yaml, "loadline.yaml");
  return config ? "" : config.error().message;
}

TEST(ReadConfig, WhatIsNotSaidKeepsItsDefault) {
  const auto config =
      ParseConfig("store:\n  max_size: 2 GiB\ndetect:\n  node_silent_after: 14s\nslack:\n", "x");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->store.max_size, 2 * kGiB);
  EXPECT_EQ(config->store.snapshot_interval, 10min);
  EXPECT_EQ(config->detect.node_silent_after, 14s);
  EXPECT_EQ(config->listen.agents, "tcp://127.0.0.1:7400");
}

TEST(ReadConfig, AnEmptyFileIsAllDefaults) {
  EXPECT_TRUE(ParseConfig("", "x"));
  EXPECT_TRUE(ParseConfig("# nothing\n", "x"));
}

TEST(ReadConfig, EveryMistakeIsOneLineWithFileLineAndKey) {
  const std::pair<const char*, const char*> kCases[] = {
      {"store:\n  max_sice: 1GiB\n", "line 2: store.max_sice: unknown key; did you mean store.max_size?"},
      {"alerting:\n  rules_for: 'dev: NoSuch=off'\n",
       "line 2: alerting.rules_for: 'NoSuch=off': there is no rule NoSuch"},
      {"stor: {}\n", "line 1: stor: unknown key; did you mean store?"},
      {"log:\n\n  level: loud\n",
       "line 3: log.level: 'loud' is not one of trace, debug, info, warning, error, off"},
      {"store:\n  max_size: big\n", "line 2: store.max_size: 'big' is not a size such as 512MiB or 8GiB"},
      {"store:\n  max_size: 99999999999GiB\n",
       "line 2: store.max_size: '99999999999GiB' is not a size such as 512MiB or 8GiB"},
      {"store:\n  max_size: 1KiB\n", "line 2: store.max_size: out of range: 1MiB to 1048576GiB"},
      {"recommend:\n  knob: 1.5\n", "line 2: recommend.knob: out of range: 0 to 1"},
      {"recommend:\n  knob: .nan\n", "line 2: recommend.knob: '.nan' is not a number"},
      {"recommend:\n  knob: nan\n", "line 2: recommend.knob: out of range: 0 to 1"},
      {"recommend:\n  interval: 10\n",
       "line 2: recommend.interval: '10' is not a duration such as 30s, 10m, 2h or 8d"},
      {"kubernetes:\n  surroundings: maybe\n",
       "line 2: kubernetes.surroundings: 'maybe' is neither true nor false"},
      {"rules:\n  NodeSilent:\n    runbook: wiki/silent\n",
       "line 3: rules.NodeSilent.runbook: 'wiki/silent' is not a URL: expected http:// or https://"},
      {"alerting: {runbook_base: ftp://docs}\n",
       "line 1: alerting.runbook_base: 'ftp://docs' is not a URL: expected http:// or https://"},
      {"security: {any_agent_key_until: tomorrow}\n",
       "line 1: security.any_agent_key_until: 'tomorrow' is no instant such as 2026-01-01T10:00:00Z"},
      {"cluster: {name: \"a\\nb\"}\n", "cluster.name: expected one line of at most 100 bytes"},
      {"cluster: {name: a}\nazure: {cluster: b}\n",
       "azure.cluster is the old key of cluster.name and says otherwise: leave it out"},
      {"store: 5\n", "line 1: store: a mapping is expected here"},
      {"store:\n  max_size: [1GiB]\n", "line 2: store.max_size: a single value is expected here"},
      {"store:\n  max_size: {a: 1}\n", "line 2: store.max_size: a single value is expected here"},
      {"log:\n  level: info\n  level: error\n", "line 3: log.level: given twice"},
      {"slack: {bot_token_file: /run/token}\n",
       "slack.bot_token_file and slack.channel are given together or not at all"},
      {"- a\n", "line 1: the file: a mapping is expected here"},
  };
  for (const auto& [yaml, message] : kCases)
    EXPECT_EQ(ErrorOf(yaml), std::string("loadline.yaml: ") + message) << yaml;
}

TEST(ReadConfig, AnInstantIsReadInAnyZone) {
  const auto config = ParseConfig("security: {any_agent_key_until: \"2026-01-01T10:00:00+02:00\"}\n", "f");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(Rfc3339(config->security.any_agent_key_until.value()), "2026-01-01T08:00:00.000Z");
}

TEST(ReadConfig, TornYamlIsRefusedWithItsLine) {
  EXPECT_EQ(ErrorOf("store:\n  max_size: [1, 2\n").substr(0, 23), "loadline.yaml: line 3: ");
}

TEST(ReadConfig, AMissingFileIsNamed) {
  EXPECT_EQ(ReadConfig("/nowhere/loadline.yaml").error().message,
            "reading configuration /nowhere/loadline.yaml: No such file or directory");
}

// What a volume leaves where the file is not in it.
TEST(ReadConfig, AFolderIsNoFile) {
  EXPECT_EQ(ReadConfig("/proc").error().message, "reading configuration /proc: Is a directory");
}

TEST(ReadConfig, ThePrintedDefaultsAreTheDefaults) {
  const std::string file = DefaultConfigFile();
  auto read = ParseConfig(file, "defaults");
  ASSERT_TRUE(read) << read.error().message;
  Config fresh;
  const auto expected = Settings(fresh);
  const auto actual = Settings(*read);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(Format(actual[i]), Format(expected[i])) << expected[i].key;
    EXPECT_NE(file.find(expected[i].meaning), std::string::npos) << expected[i].key;
  }
}

}  // namespace
}  // namespace loadline::collector

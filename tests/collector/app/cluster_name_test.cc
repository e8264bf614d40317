#include "collector/app/cluster_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

constexpr const char* kUid = "1a2b3c4d-0000-4000-8000-000000000000";
constexpr const char* kOtherUid = "99999999-0000-4000-8000-000000000000";

class ClusterName : public testing::Test {
 protected:
  std::string Named(const Result<std::string>& answer) {
    const auto name = NameOfKubernetes(*store_, [&](Duration) { return answer; }, Wall{});
    return name ? *name : name.error().message;
  }
  const Result<std::string> away_ = Failure(ErrorKind::kUnavailable, "no answer");
  const Result<std::string> denied_ = Failure(ErrorKind::kDenied, "namespaces is forbidden");
  const TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_ = *SqliteStore::Open(folder_.path(), {.max_bytes = 64 * kMiB});
};

TEST_F(ClusterName, IsMadeOfTheUidOfKubeSystemAndKnownWhenNobodyAnswers) {
  EXPECT_EQ(Named(kUid), "c-1a2b3c4d");
  EXPECT_EQ(Named(away_), "c-1a2b3c4d");
  EXPECT_EQ(Named(denied_), "c-1a2b3c4d");
  EXPECT_EQ(Named("no uid"), "c-1a2b3c4d");
}

TEST_F(ClusterName, OfAVolumeThatCameFromAnotherClusterIsThatOfTheClusterThatAnswers) {
  EXPECT_EQ(Named(kUid), "c-1a2b3c4d");
  EXPECT_EQ(Named(kOtherUid), "c-99999999");
  EXPECT_EQ(Named(away_), "c-99999999");
}

TEST_F(ClusterName, IsMadeByChanceWhenNobodyAnswersAtTheVeryFirstStartAndThenStays) {
  const std::string name = Named(away_);
  EXPECT_THAT(name, testing::MatchesRegex("c-[0-9a-f]+"));
  EXPECT_EQ(name.size(), 10U);
  EXPECT_EQ(Named(away_), name);
  EXPECT_EQ(Named(kUid), name) << "alerts have gone out under it";
}

TEST_F(ClusterName, IsNotTheSameTwiceByChance) {
  const std::string name = Named(denied_);
  const TemporaryFolder other;
  store_ = *SqliteStore::Open(other.path(), {.max_bytes = 64 * kMiB});
  EXPECT_NE(Named(denied_), name);
}

TEST_F(ClusterName, AnOddUidIsNone) {
  EXPECT_NE(Named("<script>"), "c-<script>");
  EXPECT_NE(Named(""), "c-");
}

TEST(GivenClusterName, IsSaidInOnePlaceOrAlikeInTwo) {
  Config config;
  config.alerting.file = "alerts.yml";
  EXPECT_EQ(GivenClusterName(config, {}).value(), "");
  EXPECT_EQ(GivenClusterName(config, {{"cluster", "prod"}}).value(), "prod");
  config.cluster.name = "prod";
  EXPECT_EQ(GivenClusterName(config, {}).value(), "prod");
  EXPECT_EQ(GivenClusterName(config, {{"cluster", "prod"}, {"team", "sre"}}).value(), "prod");
  EXPECT_EQ(
      GivenClusterName(config, {{"cluster", "test"}}).error().message,
      "alerts.yml: global.external_labels: the cluster is 'test' here and 'prod' by cluster.name: one of "
      "them is enough");
  config.cluster.name = "";
  config.azure.cluster = "aks-1";
  EXPECT_EQ(GivenClusterName(config, {}).value(), "aks-1");
}

TEST(NameOfHost, IsNeverEmpty) {
  EXPECT_FALSE(NameOfHost().empty());
}

}  // namespace
}  // namespace loadline::collector

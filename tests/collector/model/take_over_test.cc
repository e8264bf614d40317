#include <gtest/gtest.h>

#include "collector/usage/checkpoints.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNginx = "unit/nginx.service";

// What was measured from `from` on for so long, as a checkpoint tells it.
ContainerUsage History(Duration from, Duration length) {
  ContainerUsage usage;
  for (Duration end = 1min; end <= length; end += 1min)
    usage.AddCpu({.at = At(from + end), .interval = 1min, .usage_cores = 0.2});
  const ContainerUsage* const gone[] = {&usage};
  return *ContainerUsage::FromCheckpoint(CheckpointOf({}, gone, At(from + length)));
}

class TakeOver : public ::testing::Test {
 protected:
  // nginx, measured for ten minutes from 240 h on.
  TakeOver() {
    node_.Report(240h, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "nginx.service")});
    for (int window = 1; window < 60; ++window)
      node_.Report(240h + window * kWindow, {Busy(1, 1'000'000, kMiB)});
  }
  [[nodiscard]] bool Took(const Model& model) const { return model.containers()[0].taken_over != nullptr; }

  const Wall now_ = At(240h + 10min);
  CgroupNames names_;
  Model model_{{}, names_};
  AgentFeed node_{model_, "node-1"};
};

TEST_F(TakeOver, GivesAYoungContainerAHistoryOnce) {
  EXPECT_FALSE(Took(model_));
  EXPECT_TRUE(model_.TakeOver(kNginx, "", History(0h, 239h), now_));
  EXPECT_TRUE(Took(model_));
  EXPECT_FALSE(model_.TakeOver(kNginx, "", History(0h, 239h), now_));
}

TEST_F(TakeOver, IsNotForContainersThatAreNotThere) {
  EXPECT_FALSE(model_.TakeOver("unit/apache.service", "", History(0h, 239h), now_));
  EXPECT_FALSE(model_.TakeOver(kNginx, "sidecar", History(0h, 239h), now_));
}

TEST_F(TakeOver, IsNotForWhatIsKnownForADay) {
  node_.Report(240h + Past::kKnownWell, {Busy(1, 1'000'000, kMiB)});
  EXPECT_FALSE(model_.TakeOver(kNginx, "", History(0h, 239h), now_ + Past::kKnownWell));
}

TEST_F(TakeOver, IsNotOfWhatWasMeasuredHere) {
  // A checkpoint of ours, read again: whole seconds, and a beginning that is ours.
  EXPECT_FALSE(model_.TakeOver(kNginx, "", History(240h - kWindow, 9min), now_));
}

TEST_F(TakeOver, IsNotOfWhatIsLongAgoOrStillToCome) {
  EXPECT_FALSE(model_.TakeOver(kNginx, "", History(0h, 24h), now_));
  EXPECT_FALSE(model_.TakeOver(kNginx, "", History(200h, 41h), now_));
}

TEST_F(TakeOver, OutlivesARestartAndEndsWhenItIsOld) {
  ASSERT_TRUE(model_.TakeOver(kNginx, "", History(0h, 239h), now_));
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { ASSERT_TRUE(Restored(again, piece)); });
  EXPECT_TRUE(Took(again));
  node_.SpeakTo(again);
  for (Duration at = 241h; at < 239h + ModelOptions{}.forget_after; at += 9min)
    node_.Report(at, {Busy(1, 1'000'000, kMiB)});
  EXPECT_TRUE(Took(again));
  for (int window = 0; window < 120; ++window)
    node_.Report(240h + ModelOptions{}.forget_after + window * kWindow, {Busy(1, 1'000'000, kMiB)});
  EXPECT_FALSE(Took(again));
}

}  // namespace
}  // namespace loadline::collector

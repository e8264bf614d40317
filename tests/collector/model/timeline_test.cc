#include "collector/model/timeline.h"

#include <gtest/gtest.h>

#include <string>

namespace loadline::collector {
namespace {

HappeningView Of(const std::string& node, const std::string& text) {
  return {.kind = "oom_kill", .node = node, .text = text};
}

TEST(Timeline, KeepsTheNewestOfAll) {
  Timeline timeline;
  for (int i = 0; i < 250; ++i) timeline.Add(Of("node-" + std::to_string(i), std::to_string(i)));
  ASSERT_EQ(timeline.happenings().size(), Timeline::kMost);
  EXPECT_EQ(timeline.happenings().front().text, "50");
  EXPECT_EQ(timeline.happenings().back().text, "249");
}

TEST(Timeline, OneNodeDisplacesOnlyWhatIsItsOwn) {
  Timeline timeline;
  timeline.Add(Of("quiet", "first"));
  for (int i = 0; i < 250; ++i) timeline.Add(Of("loud", std::to_string(i)));
  ASSERT_EQ(timeline.happenings().size(), 101U);
  EXPECT_EQ(timeline.happenings().front().text, "first");
  EXPECT_EQ(timeline.happenings()[1].text, "150");
}

}  // namespace
}  // namespace loadline::collector

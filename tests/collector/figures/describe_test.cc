#include "collector/figures/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Describe, FiguresComeToThePlacesThatNameTheirTable) {
  const auto text = Describe(
      "a:\n"
      "  required:\n"
      "    - name\n"
      "    # required figures: totals\n"
      "  properties:\n"
      "    # figures: totals\n"
      "b: 1\n");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, StartsWith("a:\n  required:\n    - name\n    - periods\n    - throttled_periods\n"));
  EXPECT_THAT(*text,
              HasSubstr("  properties:\n"
                        "    periods:\n"
                        "      description: \"CFS enforcement periods of the CPU limit, the container's "
                        "or its pod's.\"\n"
                        "      allOf: [{$ref: \"#/components/schemas/Count\"}]\n"));
  EXPECT_THAT(*text, HasSubstr("    - io_writes\n")) << "a counter of the agents with a family of its own";
  EXPECT_TRUE(text->ends_with("b: 1\n"));
}

TEST(Describe, CountersOfAgentsAreEvents) {
  EXPECT_THAT(Describe("# required figures: events\n").value(), HasSubstr("- run_queue_waits\n"));
}

TEST(Describe, OtherCommentsStay) {
  EXPECT_EQ(Describe("# what figures: node are\n\n  # x").value(), "# what figures: node are\n\n  # x\n");
}

TEST(Describe, ATableThatThereIsNotIsNamedWithItsLine) {
  const auto text = Describe("a: 1\n# figures: nodes\n");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, "line 2: there are no figures 'nodes'");
}

}  // namespace
}  // namespace loadline::collector

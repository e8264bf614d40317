#include "collector/press/press_refusals.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

TEST(PressRefusals, SaysWhyAndOfManyOneLineAMinute) {
  PressRefusals refusals;
  const Mono began{};
  const Error wrong{ErrorKind::kDenied, "the signature is wrong"};
  EXPECT_EQ(refusals.Note(wrong, began), "a press in Slack was refused: the signature is wrong");
  EXPECT_EQ(refusals.Note(wrong, began + 1s), std::nullopt);
  EXPECT_EQ(refusals.Note({ErrorKind::kDenied, "another"}, began + 59s), std::nullopt);
  EXPECT_EQ(refusals.Note(wrong, began + 60s),
            "a press in Slack was refused: the signature is wrong (2 more since the last such line)");
  EXPECT_EQ(refusals.Note(wrong, began + 5min), "a press in Slack was refused: the signature is wrong");
}

}  // namespace
}  // namespace loadline::collector

#include "collector/press/press_rights.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PressRights, ASilenceIsForAllUnlessSomebodyIsNamedAndADecisionForNobodyUnlessSomebodyIs) {
  const Press silence{.what = Press::What::kSilence, .user = "U0ALICE01"};
  Press approve{.what = Press::What::kApprove, .user = "U0ALICE01"};
  EXPECT_TRUE(MayPress(silence, {}));
  EXPECT_FALSE(MayPress(approve, {}));
  EXPECT_FALSE(MayPress(silence, {.silencers = {"U0BOB0001"}}));
  EXPECT_FALSE(MayPress(approve, {.silencers = {"U0ALICE01"}, .approvers = {"U0BOB0001"}}));
  EXPECT_TRUE(MayPress(approve, {.approvers = {"U0ALICE01"}}));
  approve.what = Press::What::kRefuse;
  const auto refused = MayPress(approve, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("slack.approvers"));
}

TEST(ReadSlackUsers, AreIdsWithCommasBetweenAndNoNames) {
  EXPECT_THAT(ReadSlackUsers("").value(), IsEmpty());
  EXPECT_THAT(ReadSlackUsers(" U024BE7LH,W012A3CDE , ").value(), ElementsAre("U024BE7LH", "W012A3CDE"));
  for (const char* wrong : {"alice", "@alice", "u024be7lh", "U", "U024BE7LH;W012A3CDE", "C024BE7LH", ",",
                            "U1,,U2", "U0123456789012345678901234567890"})
    EXPECT_FALSE(ReadSlackUsers(wrong)) << wrong;
}

}  // namespace
}  // namespace loadline::collector

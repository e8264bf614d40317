#include "agent/health/kmsg_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/health/packet_log.h"

namespace loadline::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Texts(KmsgFile& file, std::size_t most = 100) {
  std::vector<std::string> texts;
  file.Read(most, [&](const KmsgRecord& record) { texts.push_back(record.text); });
  return texts;
}

TEST(KmsgFile, GivesWhatIsThereAndNeverWaits) {
  PacketLog log;
  auto file = KmsgFile::Open(log.path());
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_THAT(Texts(*file), IsEmpty());
  ASSERT_TRUE(log.Write("4,10,1000000,-;first\n SUBSYSTEM=pci\n"));
  ASSERT_TRUE(log.Write("4,11,1000000,-;second\n"));
  EXPECT_THAT(Texts(*file), ElementsAre("first", "second"));
  EXPECT_THAT(Texts(*file), IsEmpty());
  EXPECT_EQ(file->lost(), 0U);
}

TEST(KmsgFile, ReadsAsManyAsIsAskedAndCountsWhatIsMissing) {
  PacketLog log;
  auto file = KmsgFile::Open(log.path());
  ASSERT_TRUE(file);
  ASSERT_TRUE(log.Write("4,10,1000000,-;a\n"));
  ASSERT_TRUE(log.Write("4,1010,1000000,-;b\n"));
  ASSERT_TRUE(log.Write("no record\n"));
  ASSERT_TRUE(log.Write("4,1011,1000000,-;c\n"));
  EXPECT_THAT(Texts(*file, 2), ElementsAre("a", "b"));
  EXPECT_THAT(Texts(*file), ElementsAre("c"));
  EXPECT_EQ(file->lost(), 999U);
}

TEST(KmsgFile, SaysWhyItCannotBeOpened) {
  EXPECT_THAT(KmsgFile::Open("/nonexistent/kmsg").error().message, HasSubstr("/nonexistent/kmsg"));
  EXPECT_THAT(KmsgFile::Open("").error().message, HasSubstr("not to be tried"));
}

}  // namespace
}  // namespace loadline::agent

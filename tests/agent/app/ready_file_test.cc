#include "agent/app/ready_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

TEST(ReadyFile, IsThereWhileWeAreReady) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/ready";
  EXPECT_FALSE(CheckReady(path, 30s)) << "not before the first window";
  ASSERT_TRUE(SetReady(path, true));
  EXPECT_TRUE(CheckReady(path, 30s));
  ASSERT_TRUE(SetReady(path, false));
  EXPECT_FALSE(CheckReady(path, 30s));
  EXPECT_TRUE(SetReady(path, false)) << "again is no error";
}

TEST(ReadyFile, OneThatIsNotTouchedAnyMoreSaysThatTheAgentIsStuck) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/ready";
  ASSERT_TRUE(SetReady(path, true));
  const timespec past[2] = {{.tv_sec = 1'000'000'000, .tv_nsec = 0}, {.tv_sec = 1'000'000'000, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), past, 0), 0);
  const auto ready = CheckReady(path, 30s);
  ASSERT_FALSE(ready);
  EXPECT_TRUE(ready.error().message.starts_with("the agent closed no window for "));
  ASSERT_TRUE(SetReady(path, true));
  EXPECT_TRUE(CheckReady(path, 30s));
}

TEST(ReadyFile, IsNotNeeded) {
  EXPECT_TRUE(SetReady("", true));
}

}  // namespace
}  // namespace loadline::agent

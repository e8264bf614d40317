#include "collector/ingest/key_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

TEST(KeyFiles, AreMadeOnceAndStay) {
  const TemporaryFolder folder;
  const std::string keys_folder = folder.path() + "/keys";
  const auto made = EnsureCurveKeys(keys_folder);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->public_key.size(), 40u);
  EXPECT_EQ(Contents(keys_folder + "/collector.pub"), made->public_key);
  const auto again = EnsureCurveKeys(keys_folder);
  EXPECT_EQ(again->secret_key, made->secret_key);
  EXPECT_EQ(again->public_key, made->public_key);
}

TEST(KeyFiles, TheSecretOneIsForItsOwnerOnly) {
  const TemporaryFolder folder;
  ASSERT_TRUE(EnsureCurveKeys(folder.path()));
  const std::string path = folder.path() + "/collector.key";
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ::chmod(path.c_str(), 0640);
  EXPECT_NE(EnsureCurveKeys(folder.path()).error().message.find("can be read by others"), std::string::npos);
}

TEST(KeyFiles, OurGroupMayReadWhatTheKubeletMountsAndNobodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const TemporaryFolder folder;
  const auto made = EnsureCurveKeys(folder.path());
  const std::string path = folder.path() + "/collector.key";
  ASSERT_EQ(::chown(path.c_str(), 65534, 0), 0);
  ::chmod(path.c_str(), 0440);
  EXPECT_EQ(EnsureCurveKeys(folder.path())->public_key, made->public_key);
  for (const mode_t mode : {0444U, 0460U, 0442U}) {
    ::chmod(path.c_str(), mode);
    EXPECT_FALSE(EnsureCurveKeys(folder.path())) << std::oct << mode;
  }
}

TEST(KeyFiles, ALostPublicKeyIsMadeAgainFromTheSecretOne) {
  const TemporaryFolder folder;
  const auto made = EnsureCurveKeys(folder.path());
  std::filesystem::remove(folder.path() + "/collector.pub");
  ASSERT_TRUE(EnsureCurveKeys(folder.path()));
  EXPECT_EQ(Contents(folder.path() + "/collector.pub"), made->public_key);
}

TEST(KeyFiles, WhatIsNoKeyIsAClearErrorThatDoesNotTellIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/collector.key";
  std::ofstream(path) << "hunter2\n";
  ::chmod(path.c_str(), 0600);
  const auto keys = EnsureCurveKeys(folder.path());
  ASSERT_FALSE(keys);
  EXPECT_NE(keys.error().message.find("collector.key"), std::string::npos);
  EXPECT_EQ(keys.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace loadline::collector

#include "schemas/base/renewed_secret.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

namespace fs = std::filesystem;

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(RenewedSecret, IsReadWithoutSurroundingSpace) {
  TemporaryFolder folder;
  Write(folder.path() + "/s", "  secret\n");
  EXPECT_EQ(*RenewedSecret(folder.path() + "/s").Read(), "secret");
}

TEST(RenewedSecret, ASwitchedSymlinkIsNoticed) {
  TemporaryFolder folder;
  Write(folder.path() + "/old", "old");
  Write(folder.path() + "/new", "new");
  fs::create_symlink("old", folder.path() + "/s");
  RenewedSecret file(folder.path() + "/s");
  EXPECT_EQ(*file.Read(), "old");
  fs::create_symlink("new", folder.path() + "/next");
  fs::rename(folder.path() + "/next", folder.path() + "/s");
  EXPECT_EQ(*file.Read(), "new");
}

TEST(RenewedSecret, WhileItIsGoneOrEmptyTheLastContentsServe) {
  TemporaryFolder folder;
  Write(folder.path() + "/s", "old");
  RenewedSecret file(folder.path() + "/s");
  EXPECT_EQ(*file.Read(), "old");
  Write(folder.path() + "/s", "");
  EXPECT_EQ(*file.Read(), "old");
  fs::remove(folder.path() + "/s");
  EXPECT_EQ(*file.Read(), "old");
}

TEST(RenewedSecret, OneThatNeverWasIsAnErrorThatNamesIt) {
  const auto read = RenewedSecret("/nowhere/slack").Read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(read.error().message.find("/nowhere/slack"), std::string::npos);
}

}  // namespace
}  // namespace loadline

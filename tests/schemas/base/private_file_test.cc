#include "schemas/base/private_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <tuple>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

namespace fs = std::filesystem;

fs::perms ModeOf(const fs::path& path) {
  return fs::status(path).permissions();
}

fs::path FileOf(const TemporaryFolder& folder, unsigned mode) {
  const fs::path path = fs::path(folder.path()) / "file";
  std::ofstream(path) << "x";
  fs::permissions(path, fs::perms(mode));
  return path;
}

TEST(MakePrivate, TakesAwayWhatOthersMay) {
  const TemporaryFolder folder;
  const fs::path file = FileOf(folder, 0664);
  EXPECT_TRUE(MakePrivate(file));
  EXPECT_EQ(ModeOf(file), fs::perms(0600));
  EXPECT_FALSE(MakePrivate(file));
  fs::permissions(folder.path(), fs::perms(0755));
  EXPECT_TRUE(MakePrivate(folder.path()));
  EXPECT_EQ(ModeOf(folder.path()), fs::perms(0700));
}

TEST(MakePrivate, LeavesAloneWhatIsForEverybodyAndWhatIsALink) {
  const TemporaryFolder folder;
  const fs::path file = FileOf(folder, 0644);
  const fs::path link = fs::path(folder.path()) / "link";
  fs::create_symlink(file, link);
  EXPECT_FALSE(MakePrivate(link));
  EXPECT_EQ(ModeOf(file), fs::perms(0644));
  const fs::path everybodys = fs::path(folder.path()) / "tmp";
  fs::create_directory(everybodys);
  fs::permissions(everybodys, fs::perms(01777));
  EXPECT_FALSE(MakePrivate(everybodys));
  EXPECT_EQ(ModeOf(everybodys), fs::perms(01777));
  EXPECT_FALSE(MakePrivate(fs::path(folder.path()) / "nothing"));
}

TEST(IsOpenToOthers, AGroupMayReadWhatRootPutThere) {
  struct stat ours{};
  ours.st_uid = ::geteuid();
  struct stat roots{};
  roots.st_uid = ::geteuid() + 1;
  for (const auto& [mode, of_ours, of_another] :
       {std::tuple(0400U, false, false), {0440U, true, false}, {0460U, true, true}, {0444U, true, true}}) {
    ours.st_mode = roots.st_mode = mode;
    EXPECT_EQ(IsOpenToOthers(ours), of_ours) << mode;
    EXPECT_EQ(IsOpenToOthers(roots), of_another) << mode;
  }
}

}  // namespace
}  // namespace loadline

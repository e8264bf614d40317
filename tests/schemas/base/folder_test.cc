#include "schemas/base/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

TEST(Folder, ItsEntriesAreInOrder) {
  const TemporaryFolder folder;
  EXPECT_THAT(EntriesOf(folder.path()).value(), testing::IsEmpty());
  std::ofstream(folder / "b") << "";
  std::filesystem::create_directory(folder / "a");
  std::filesystem::create_symlink("c", folder / "c");  // to itself
  EXPECT_THAT(EntriesOf(folder.path()).value(),
              testing::ElementsAre(folder / "a", folder / "b", folder / "c"));
}

TEST(Folder, OneThatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(EntriesOf(folder / "none").error().message,
            "reading " + folder.path() + "/none: No such file or directory");
  std::ofstream(folder / "file") << "";
  EXPECT_EQ(EntriesOf(folder / "file").error().message,
            "reading " + folder.path() + "/file: Not a directory");
}

}  // namespace
}  // namespace loadline

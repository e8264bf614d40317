#include "collector/store/note_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

namespace fs = std::filesystem;

class NoteFilesTest : public testing::Test {
 protected:
  NoteFilesTest() { Stop(); }
  // A kill -9 and the next start, as far as the files see them.
  void Stop() {
    auto notes = NoteFiles::Open(folder_.path());
    ASSERT_TRUE(notes) << notes.error().message;
    notes_ = std::move(*notes);
  }
  void Append(std::string_view bytes) { EXPECT_TRUE(notes_->Append(bytes)); }
  // What there is, the files one behind the other.
  std::string All() {
    std::string all;
    const auto stretches = notes_->Load();
    EXPECT_TRUE(stretches);
    for (const std::string& stretch : *stretches) all += stretch;
    return all;
  }
  std::string Path(std::size_t which) const { return folder_.path() + "/" + NoteFiles::kNames.at(which); }

  TemporaryFolder folder_;
  std::unique_ptr<NoteFiles> notes_;
};

TEST_F(NoteFilesTest, WhatWasAppendedIsThereAfterAKill) {
  Append("\na");
  Append("\nb");
  Stop();
  EXPECT_EQ(All(), "\na\nb");
  Append("\nc");
  EXPECT_EQ(All(), "\na\nb\nc");
}

TEST_F(NoteFilesTest, WhatWasAppendedBeforeATurnIsForgottenAndNothingElse) {
  Append("a");
  notes_->Turn();
  Append("b");
  notes_->Forget();
  EXPECT_EQ(All(), "b");
  notes_->Turn();
  Append("c");
  notes_->Forget();
  EXPECT_EQ(All(), "c");
}

TEST_F(NoteFilesTest, WhatNobodyForgotStaysThroughFurtherTurns) {
  Append("a");
  notes_->Turn();
  Append("b");
  notes_->Turn();
  Append("c");
  EXPECT_EQ(All(), "abc") << "the other file has the first one still";
  Stop();
  notes_->Turn();
  notes_->Forget();
  notes_->Turn();
  notes_->Forget();
  EXPECT_EQ(All(), "");
}

TEST_F(NoteFilesTest, WhatIsAppendedNextFollowsWhatAKillCutOff) {
  Append("\nwhole");
  Append("\ncut off");
  fs::resize_file(Path(0), 10);
  Stop();
  Append("\nnext");
  EXPECT_EQ(All(), "\nwhole\ncut\nnext");
}

TEST_F(NoteFilesTest, AFileThatNobodyEmptiesStopsGrowing) {
  const std::string large(NoteFiles::kMostBytes - 10, 'x');
  Append(large);
  const auto refused = notes_->Append("eleven more");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExhausted);
  Append("ten, fits.");
  EXPECT_EQ(All().size(), NoteFiles::kMostBytes);
  EXPECT_FALSE(notes_->Append("."));
}

// Upgrade and rollback: 0.2.0 has these names.
TEST_F(NoteFilesTest, AnotherVersionFindsThemAndIsFound) {
  Append("new");
  EXPECT_EQ(fs::file_size(folder_.path() + "/outcomes-0"), 3);
  EXPECT_EQ(fs::status(folder_.path() + "/outcomes-0").permissions(), fs::perms(0600));
  std::ofstream(folder_.path() + "/outcomes-1") << "old";
  Stop();
  EXPECT_EQ(All(), "newold");
}

}  // namespace
}  // namespace loadline::collector

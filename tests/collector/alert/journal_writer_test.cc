#include "collector/alert/journal_writer.h"

#include <gmock/gmock.h>

#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(JournalWriter, OfWhatTheJournalDidNotTakeTheNewestStateOfEachKeyIsWrittenLater) {
  test::MemoryJournal journal;
  JournalWriter writer(journal);
  journal.broken = true;
  EXPECT_FALSE(writer.Write({{"alert/a", "1"}, {"alert/b", "1"}}));
  EXPECT_FALSE(writer.Write({{"alert/a", "2"}}));
  EXPECT_EQ(writer.owed(), 2);
  EXPECT_EQ(writer.coalesced(), 1);
  journal.broken = false;
  EXPECT_TRUE(writer.Write({{"alert/a", "3"}}));
  EXPECT_THAT(journal.entries, ElementsAre(Pair("alert/a", "3"), Pair("alert/b", "1")));
  EXPECT_EQ(writer.owed(), 0);
}

TEST(JournalWriter, AnErasureIsOwedOnlyOfAKeyThatTheJournalHas) {
  test::MemoryJournal journal;
  journal.entries = {{"alert/old", "1"}};
  JournalWriter writer(journal);
  ASSERT_TRUE(writer.Load());
  ASSERT_TRUE(writer.Write({{"note/before", "1"}}));
  journal.broken = true;
  EXPECT_FALSE(writer.Write({{"alert/old", std::nullopt}, {"note/before", std::nullopt}, {"note/x", "1"}}));
  EXPECT_FALSE(writer.Write({{"note/x", std::nullopt}}));
  EXPECT_EQ(writer.owed(), 2) << "both that were there; of x nothing is left to write";
  journal.broken = false;
  EXPECT_TRUE(writer.Write({}));
  EXPECT_THAT(journal.entries, IsEmpty());
}

TEST(JournalWriter, WhatIsNewerThanAFailedWriteIsNotWrittenOver) {
  test::MemoryJournal journal;
  JournalWriter writer(journal);
  ASSERT_TRUE(writer.Write({{"alert/a", "1"}}));
  journal.broken = true;
  EXPECT_FALSE(writer.Write({{"alert/a", std::nullopt}}));
  journal.broken = false;
  ASSERT_TRUE(writer.Write({{"alert/a", "again"}}));
  EXPECT_THAT(journal.entries, ElementsAre(Pair("alert/a", "again")));
}

}  // namespace
}  // namespace loadline::collector

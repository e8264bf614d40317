#include "collector/sink/outcome_log.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "collector/store/note_files.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;

constexpr Wall kNoon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + std::chrono::hours(12)};

DeliveryReport Delivered(const std::string& id) {
  return {id, "ops/slack[0]", {.verdict = Verdict::kDelivered, .detail = "ok"}, 1, kNoon};
}

class OutcomeLogTest : public testing::Test {
 protected:
  OutcomeLogTest() { Stop(); }
  // A kill -9 and the next start, as far as the log sees them.
  void Stop() {
    auto notes = NoteFiles::Open(folder_.path());
    ASSERT_TRUE(notes) << notes.error().message;
    notes_ = std::move(*notes);
    log_.emplace(*notes_);
  }
  void Note(const DeliveryReport& report) { log_->Note({&report, 1}); }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    const auto reports = log_->Load();
    EXPECT_TRUE(reports);
    for (const DeliveryReport& report : *reports) ids.push_back(report.id);
    return ids;
  }
  TemporaryFolder folder_;
  std::unique_ptr<NoteLog> notes_;
  std::optional<OutcomeLog> log_;
};

TEST_F(OutcomeLogTest, WhatWasNotedIsThereAfterAKill) {
  DeliveryReport report{"a", "ops/slack[0]", {.verdict = Verdict::kRefused, .detail = "HTTP 410"}, 3, kNoon};
  report.outcome.keep = {{"thread", "1.5"}, {"gone", std::nullopt}};
  Note(report);
  Stop();
  const auto reports = log_->Load();
  ASSERT_TRUE(reports);
  ASSERT_EQ(reports->size(), 1);
  const DeliveryReport& read = reports->front();
  EXPECT_EQ(read.id, "a");
  EXPECT_EQ(read.integration, "ops/slack[0]");
  EXPECT_EQ(read.outcome.verdict, Verdict::kRefused);
  EXPECT_EQ(read.outcome.detail, "HTTP 410");
  EXPECT_EQ(read.outcome.keep, report.outcome.keep);
  EXPECT_EQ(read.attempts, 3);
  EXPECT_EQ(read.at, kNoon);
}

TEST_F(OutcomeLogTest, AnAttemptThatIsToBeMadeAgainIsNotedOnlyForWhatItsSinkKeeps) {
  DeliveryReport failed = Delivered("failed");
  failed.outcome.verdict = Verdict::kRetry;
  DeliveryReport partly = failed;
  partly.id = "partly";
  partly.outcome.keep["told"] = "anna";
  Note(failed);
  Note(partly);
  EXPECT_THAT(Ids(), ElementsAre("partly"));
}

TEST_F(OutcomeLogTest, WhatTheJournalHasIsForgottenAndNothingElse) {
  Note(Delivered("a"));
  log_->Turn();
  Note(Delivered("b"));
  log_->Forget();
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(OutcomeLogTest, TheOrderOfNotesOutlivesTurnsAndStops) {
  Note(Delivered("a"));
  log_->Turn();
  Note(Delivered("b"));
  Stop();
  (void)log_->Load();
  Note(Delivered("c"));
  EXPECT_THAT(Ids(), ElementsAre("a", "b", "c"));
}

TEST_F(OutcomeLogTest, ALineThatAKillCutOffCostsItselfAndNotTheNext) {
  const std::string path = folder_.path() + "/" + NoteFiles::kNames[0];
  Note(Delivered("a"));
  const auto first = std::filesystem::file_size(path);
  Note(Delivered("b"));
  const auto whole = std::filesystem::file_size(path);
  for (auto cut = whole - 1; cut >= first; --cut) {
    std::filesystem::resize_file(path, cut);
    Stop();
    EXPECT_THAT(Ids(), ElementsAre("a")) << "cut at byte " << cut;
    Note(Delivered("c"));
    EXPECT_THAT(Ids(), ElementsAre("a", "c")) << "cut at byte " << cut;
  }
}

TEST_F(OutcomeLogTest, WhatHasNoRoomIsLostAndCounted) {
  DeliveryReport large = Delivered("large");
  large.outcome.detail = std::string(NoteFiles::kMostBytes / 2, 'x');
  Note(large);
  EXPECT_EQ(log_->lost(), 0);
  Note(large);
  EXPECT_EQ(log_->lost(), 1);
  Note(Delivered("small"));
  EXPECT_THAT(Ids(), ElementsAre("large", "small"));
}

}  // namespace
}  // namespace loadline::collector

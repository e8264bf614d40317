// What the collector wrote itself and reads after a restart: the disk may have changed it meanwhile.
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "collector/alert/alerting.h"
#include "collector/app/kubelets_met.h"
#include "collector/app/verdicts_kept.h"
#include "collector/apply/trial_state.h"
#include "collector/backtest/trace.h"
#include "collector/detect/stories.h"
#include "collector/model/names.h"
#include "collector/model/saved_model.h"
#include "collector/repair/repair_case.h"
#include "collector/sink/outcome_log.h"
#include "collector/store/note_files.h"
#include "collector/usage/container_usage.h"
#include "tests/fuzz/readers.h"
#include "tests/support/memory_journal.h"
#include "tests/support/saved_usage.h"
#include "tests/support/temporary_folder.h"

namespace loadline::fuzz {
namespace {

using namespace collector;

const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

void Write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// It is used as any other.
void Use(ContainerUsage& usage) {
  const std::string saved = test::SavedUsage(usage);
  const auto again = test::LoadedUsage(saved);
  Require(again.has_value() && test::SavedUsage(*again) == saved);
  usage.Merge(*again);
  usage.AddCpu({.at = kNow, .interval = std::chrono::seconds(10), .usage_cores = 0.2});
  usage.AddMemory({.at = kNow, .interval = std::chrono::seconds(10), .working_set = 300 * kMiB});
  usage.Keep(std::array{SampleNeed{}});
  for (const double share : {0.5, 0.95, 1.0}) {
    Require(std::isfinite(usage.vpa().cpu().Percentile(share)));
    Require(std::isfinite(usage.cpu().minutes().Quantile(share)));
  }
}

void Usage(std::string_view bytes) {
  if (auto usage = test::LoadedUsage(std::string(bytes))) Use(*usage);
}

void UsageBeforeTags(std::string_view bytes) {
  auto usage = ContainerUsage::ReadBeforeTags(bytes);
  if (!usage) return Require(!usage.error().message.empty());
  Use(*usage);
}

// Pieces as some version saved them, each behind its length in four bytes.
void SavedModel(std::string_view bytes) {
  const CgroupNames names;
  Model model({}, names);
  LeftOut left_out;
  while (bytes.size() >= sizeof(std::uint32_t)) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof(size));
    bytes.remove_prefix(sizeof(size));
    const std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    RestoreModel(model, piece, left_out);
  }
  // What it has it can save and read again, all of it.
  Model again({}, names);
  LeftOut nothing;
  SaveModel(model, [&](const std::string& piece) { RestoreModel(again, piece, nothing); });
  Require(nothing.unknown + nothing.damaged == 0);
  Require(again.replicas().size() == model.replicas().size());
  again.Rename(kNow);
}

void SavedTrial(std::string_view bytes) {
  const auto trial = LoadTrial(std::string(bytes));
  if (!trial) return Require(!trial.error().message.empty());
  const std::string saved = SaveTrial(*trial);
  const auto again = LoadTrial(saved);
  Require(again.has_value() && SaveTrial(*again) == saved);
}

void SavedRepair(std::string_view bytes) {
  const auto repair = LoadCase(std::string(bytes));
  if (!repair) return Require(!repair.error().message.empty());
  const auto again = LoadCase(SaveCase(*repair));
  Require(again.has_value() && *again == *repair);
}

void Story(std::string_view bytes) {
  StoryBook book;
  if (!book.Load(std::string(bytes))) return;
  Require(book.Views().size() <= StoryBook::kMost);
  const CgroupNames names;
  const Model model({}, names);
  (void)book.Tick(model, kNow, {});
}

struct NobodyThere final : Outbox {
  bool Offer(const Notification&) override { return false; }
};

// Lines of a key, a tab and a value.
void Journal(std::string_view text) {
  test::MemoryJournal journal;
  std::vector<JournalChange> entries;
  while (!text.empty()) {
    std::string_view value = Cut(text, '\n');
    const std::string_view key = Cut(value, '\t');
    entries.push_back({std::string(key), std::string(value)});
  }
  Require(journal.Commit(entries).has_value());
  const RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/log[0]"}}});
  NobodyThere outbox;
  Alerting alerting({}, plan, journal, outbox);
  Require(alerting.Restore(kNow).has_value());
  alerting.Update({}, {}, kNow);
  alerting.Update({}, {}, kNow + std::chrono::hours(1));
  (void)alerting.Views();
  (void)alerting.NextDue();
  // What it has written it can read.
  Alerting again({}, plan, journal, outbox);
  Require(again.Restore(kNow).has_value());
}

void StoredAlert(std::string_view text) {
  const auto alert = DecodeAlert(text);
  if (!alert) return Require(!alert.error().message.empty());
  const std::string encoded = EncodeAlert(*alert);
  const auto again = DecodeAlert(encoded);
  Require(again.has_value() && EncodeAlert(*again) == encoded);
}

void StoredNotification(std::string_view text) {
  const auto note = DecodeNotification(text);
  if (!note) return Require(!note.error().message.empty());
  const std::string encoded = EncodeNotification(*note);
  const auto again = DecodeNotification(encoded);
  Require(again.has_value() && EncodeNotification(*again) == encoded);
}

void StoredSilence(std::string_view text) {
  const auto silence = DecodeSilence("1", text);
  if (!silence) return Require(!silence.error().message.empty());
  const std::string encoded = EncodeSilence(*silence);
  const auto again = DecodeSilence("1", encoded);
  Require(again.has_value() && EncodeSilence(*again) == encoded);
  Silences silences;
  silences.Restore(*silence);
  silences.Forget(kNow);
}

void Outcomes(std::string_view text) {
  static const TemporaryFolder folder;
  Write(std::filesystem::path(folder.path()) / NoteFiles::kNames[0], text);
  Write(std::filesystem::path(folder.path()) / NoteFiles::kNames[1], "");
  const auto notes = NoteFiles::Open(folder.path());
  Require(notes.has_value());
  OutcomeLog log(**notes);
  const auto reports = log.Load();
  Require(reports.has_value());
  // What is noted next is found behind whatever was there.
  DeliveryReport report{.id = "n", .integration = "ops/log[0]", .at = kNow};
  report.outcome.verdict = Verdict::kDelivered;
  log.Note({&report, 1});
  const auto again = OutcomeLog(**notes).Load();
  Require(again.has_value() && again->size() == reports->size() + 1);
}

// meta.csv and behind a zero the one series that it may name.
void RecordedTrace(std::string_view text) {
  static const TemporaryFolder folder;
  std::filesystem::create_directory(std::filesystem::path(folder.path()) / "s");
  Write(std::filesystem::path(folder.path()) / "s" / "meta.csv", Cut(text, '\0'));
  Write(std::filesystem::path(folder.path()) / "s" / "a.csv.gz", text);
  auto traces = ReadSource(folder.path(), "s");
  if (!traces) return Require(!traces.error().message.empty());
  for (Trace& trace : *traces) {
    Require(trace.interval > Duration::zero());
    for (const TracePoint& point : trace.points) {
      Require(std::isfinite(point.seconds));
      Require(!std::isinf(point.cores) && !std::isinf(point.bytes));
    }
    HoldMemoryForSixHours(trace);
  }
}

void KubeletThatWasMet(std::string_view bytes) {
  const auto met = ReadKubelet("web-1", bytes);
  if (met) Require(ReadKubelet("web-1", KubeletBytes(*met)).has_value());
  const auto held = ReadVerdict(bytes, Wall{});
  if (held) Require(ReadVerdict(VerdictBytes(*held), Wall{}).has_value());
}

constexpr std::array<Reader, 13> kReaders = {
    UsageBeforeTags, SavedModel, SavedTrial,    Story, Journal,     StoredAlert,      StoredNotification,
    StoredSilence,   Outcomes,   RecordedTrace, Usage, SavedRepair, KubeletThatWasMet};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

// How the core comes back after a stop of any kind: saving, pruning and recovering.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "collector/app/core.h"
#include "schemas/wire/decode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNodeSpace = "node";
constexpr const char* kStorySpace = "story";
// Nodes whose greeting is kept.
constexpr std::size_t kMaxNodes = 20'000;
// Of a tick.
constexpr Duration kSavingSlice = 50ms;

}  // namespace

Result<void> Core::Recover() {
  Result<Position> heard_of = journal_.LastHeardOf();
  if (!heard_of) return Failure(heard_of.error());
  Result<void> loaded;
  const Result<Position> saved = store_.LoadSnapshot([&](std::string_view piece) {
    if (loaded) loaded = model_.Load(piece);
  });
  if (!saved) return Failure(saved.error());
  if (!loaded && loaded.error().kind != ErrorKind::kUnsupported) {
    return Failure(loaded.error().In("reading the snapshot"));
  }
  // An upgrade must not need a hand: what was learnt is learnt again.
  if (!loaded) spdlog::warn("{}: what was learnt before this version is left out", loaded.error().message);
  if (auto restored = alerting_.Restore(clock_.WallNow()); !restored) return restored;
  if (const std::uint64_t unreadable = alerting_.counters().unreadable; unreadable > 0)
    spdlog::error("{} stored alerts, silences or notifications are damaged and left out", unreadable);

  const Result<std::vector<Blob>> nodes = store_.Scan(kNodeSpace);
  if (!nodes) return Failure(nodes.error());
  for (const Blob& blob : *nodes) {
    const auto message = wire::Decode(std::as_bytes(std::span(blob.value)));
    if (!message) continue;
    if (const auto* hello = std::get_if<wire::Hello>(&*message)) model_.Greet(*hello, clock_.WallNow());
  }
  RecoverStories();

  position_ = *saved;
  std::uint64_t replayed = 0;
  std::uint64_t undecodable = 0;
  auto done = store_.Replay(*saved, [&](const StoredRecord& stored) {
    const auto message = wire::Decode(stored.frame);
    const auto* record = message ? std::get_if<wire::Record>(&*message) : nullptr;
    if (record == nullptr) {
      ++undecodable;
      return;
    }
    ++replayed;
    const Applied applied = model_.Apply(
        {stored.stream.node, stored.stream.boot_id, stored.stream.epoch, stored.received, *record});
    for (const KillSeen& kill : applied.kills) stories_.Killed(kill, stored.received);
    position_ = stored.position;
    if (stored.position > *heard_of) Tell(applied, stored.position);
  });
  if (!done) return done;
  if (undecodable > 0)
    spdlog::error("{} stored records cannot be read by this version and were left out", undecodable);
  model_.nodes().ForEach([&](NodeId, const Node& node) { liveness_.Expect(node.name); });
  if (replayed > 0 || *saved > 0) {
    spdlog::info("{} nodes and {} containers as before; {} records replayed", model_.nodes().size(),
                 model_.containers().size(), replayed);
  }
  return {};
}

std::vector<Watermark> Core::Watermarks() const {
  std::vector<Watermark> watermarks;
  if (const auto streams = store_.Streams()) {
    for (const StreamState& stream : *streams)
      watermarks.push_back({stream.id.node, stream.id.epoch, stream.last_sequence});
  }
  return watermarks;
}

void Core::RecoverStories() {
  const Result<std::vector<Blob>> stories = store_.Scan(kStorySpace);
  if (!stories) {
    spdlog::error("{}; earlier evictions and OOM kills are not shown", stories.error().message);
    return;
  }
  for (const Blob& blob : *stories) {
    if (!stories_.Load(blob.value)) spdlog::warn("the story {} cannot be read by this version", blob.key);
  }
}

void Core::KeepStories() {
  const auto changed = stories_.TakeChanged();
  if (changed.empty()) return;
  std::vector<Blob> blobs;
  for (const auto& [id, bytes] : changed) blobs.push_back({kStorySpace, id, bytes});
  const Wall wall = clock_.WallNow();
  auto kept = store_.Put(blobs, wall);
  if (kept) kept = store_.Trim(kStorySpace, wall - config_.model.forget_after, StoryBook::kMost);
  if (!kept) spdlog::error("{}; what was told last is not shown after a restart", kept.error().message);
}

void Core::SaveModel() {
  const Mono began = clock_.Now();
  if (!saving_) {
    if (began < next_save_ || position_ == 0) return;
    next_save_ = began + config_.store.snapshot_interval;
    if (auto begun = store_.BeginSnapshot(position_); !begun) {
      spdlog::error("{}", begun.error().message);
      return;
    }
    saving_ = true;
    model_.Save([&](std::string piece) { pieces_.push_back(std::move(piece)); });
  }
  // The model goes on changing meanwhile; the pieces are of the moment at which saving began.
  while (saving_ && clock_.Now() - began < kSavingSlice) {
    if (!WritePiece()) break;
  }
}

bool Core::WritePiece() {
  const Result<void> done = pieces_.empty() ? store_.FinishSnapshot() : store_.AddToSnapshot(pieces_.front());
  if (!done) {
    spdlog::error("{}; the model is saved later", done.error().message);
    pieces_.clear();
    saving_ = false;
    return false;
  }
  if (pieces_.empty()) {
    saving_ = false;
    pruning_ = true;
  } else {
    pieces_.pop_front();
  }
  return true;
}

void Core::Prune() {
  if (!pruning_ || saving_) return;
  const Result<std::size_t> gone =
      store_.Prune({.keep_folded = config_.store.keep_records}, clock_.WallNow());
  if (!gone) spdlog::error("{}", gone.error().message);
  pruning_ = gone && *gone > 0;
  if (pruning_) return;
  const Wall since = clock_.WallNow() - config_.model.forget_after;
  if (auto trimmed = store_.Trim(kNodeSpace, since, kMaxNodes); !trimmed)
    spdlog::error("{}", trimmed.error().message);
}

void Core::Finish() {
  if (!waiting_.empty()) CommitWaiting();
  while (saving_) SaveModel();
  next_save_ = clock_.Now();
  do {
    SaveModel();
  } while (saving_);
}

}  // namespace loadline::collector

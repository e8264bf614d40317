// How the core comes back after a stop of any kind: saving, pruning and recovering.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <tuple>
#include <utility>

#include "collector/app/core.h"
#include "collector/app/verdicts_kept.h"
#include "schemas/wire/decode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Nodes whose greeting is kept.
constexpr std::size_t kMaxNodes = 20'000;
// Of a tick.
constexpr Duration kSavingSlice = 50ms;
constexpr Duration kPruningSlice = 20ms;
// While nothing can be acknowledged there is nothing better to do.
constexpr Duration kUrgentSlice = 500ms;
// From this share of the store on, room is made when so large a share of it can go, and not all the time.
constexpr double kPressedShare = 0.8;
constexpr double kWorthIt = 0.1;
constexpr double kWorthItAtOnce = 0.02;  // where nothing can be acknowledged
constexpr Duration kPressAgain = 5s;
// Told of at once when records are replayed.
constexpr std::size_t kToldAtOnce = 500;

}  // namespace

Result<void> Core::Recover() {
  Result<Position> heard_of = journal_.LastHeardOf();
  if (!heard_of) return Failure(heard_of.error());
  left_out_ = {};
  const Result<Position> saved =
      store_.LoadSnapshot([&](std::string_view piece) { RestoreModel(model_, piece, left_out_); });
  if (!saved) return Failure(saved.error());
  // What a later version added, and what the disk has changed, must not need a hand: the rest is there.
  if (left_out_.unknown > 0)
    spdlog::warn(
        "{} parts of the saved model are of a kind that this version does not know: they are left out",
        left_out_.unknown);
  if (left_out_.damaged > 0)
    spdlog::error("{} parts of the saved model are damaged: they are left out", left_out_.damaged);
  if (auto restored = alerting_.Restore(clock_.WallNow()); !restored) return restored;
  if (const std::uint64_t unreadable = alerting_.counters().unreadable; unreadable > 0)
    spdlog::error("{} stored alerts, silences or notifications are damaged and left out", unreadable);

  const Result<std::vector<Blob>> nodes = store_.Scan(kNodeSpace);
  if (!nodes) return Failure(nodes.error());
  for (const Blob& blob : *nodes) {
    const auto message = wire::Decode(std::as_bytes(std::span(blob.value)));
    if (!message) continue;
    if (const auto* hello = std::get_if<wire::Hello>(&*message)) {
      model_.Greet(*hello, clock_.WallNow());
      greetings_.insert_or_assign(blob.key, Greeting{blob.value, clock_.WallNow()});
    }
  }
  RecoverStories();
  RecoverKubelets();
  RecoverVerdicts();

  position_ = saved_position_ = *saved;
  std::vector<Happening> told;
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
    shares_.Stored(stored.stream.node, std::ssize(stored.frame));
    if (stored.position > *heard_of) Note(applied, told);
    if (told.size() >= kToldAtOnce) {
      journal_.HeardOf(position_);
      Tell(std::exchange(told, {}));
    }
  });
  if (!done) return done;
  journal_.HeardOf(position_);
  if (!told.empty()) Tell(std::move(told));
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

void Core::EachKept(const char* space, const char* without,
                    const std::function<bool(const Blob& blob)>& take) {
  const Result<std::vector<Blob>> blobs = store_.Scan(space);
  if (!blobs) {
    spdlog::error("{}; {}", blobs.error().message, without);
    return;
  }
  for (const Blob& blob : *blobs) {
    if (!take(blob)) ++left_out_.damaged;
  }
}

void Core::RecoverStories() {
  EachKept(kStorySpace, "earlier evictions and OOM kills are not shown", [this](const Blob& blob) {
    const bool read = stories_.Load(blob.value);
    if (!read) spdlog::warn("the story {} cannot be read by this version", blob.key);
    return read;
  });
}

void Core::RecoverKubelets() {
  std::vector<KubeletMet> kubelets;
  EachKept(kKubeletSpace, "which kubelets were reached is found out anew", [&](const Blob& blob) {
    auto met = ReadKubelet(blob.key, blob.value);
    if (!met) return false;
    kubelets.push_back(*std::move(met));
    return true;
  });
  cluster_.Remember(std::move(kubelets));
}

void Core::RecoverVerdicts() {
  EachKept(kVerdictSpace, "nodes that were silent are so when they have been missed anew",
           [this](const Blob& blob) {
             auto held = ReadVerdict(blob.value, clock_.WallNow());
             if (!held) return false;
             if (held->state == NodeState::kSilent) liveness_.ExpectBack(blob.key);
             judge_.Remember(blob.key, *std::move(held));
             return true;
           });
}

// Not all the time when little of what is stored would go by it.
bool Core::MakesRoom(Mono now) {
  const auto worth_it = kWorthItAtOnce * static_cast<double>(config_.store.max_size);
  const bool at_once = full_ && static_cast<double>(shares_.fresh()) > worth_it;
  if ((now < next_press_ && !at_once) || position_ == saved_position_ || !Pressed()) return false;
  next_press_ = now + kPressAgain;
  return true;
}

bool Core::Pressed() {
  if (full_) return true;
  const auto most = static_cast<double>(config_.store.max_size);
  return static_cast<double>(store_.Used()) > kPressedShare * most &&
         static_cast<double>(shares_.fresh()) > kWorthIt * most;
}

void Core::SaveModel() {
  const Mono began = clock_.Now();
  if (!saving_) {
    if (position_ == 0 || (began < next_save_ && !MakesRoom(began))) return;
    next_save_ = began + config_.store.snapshot_interval;
    saving_position_ = position_;
    shares_.Begun();
    if (auto begun = store_.BeginSnapshot(position_, clock_.WallNow()); !begun) {
      if (begun.error().kind == ErrorKind::kExhausted && ReplaceSnapshot()) return;
      spdlog::error("{}", begun.error().message);
      return;
    }
    saving_ = true;
    collector::SaveModel(model_, [&](std::string piece) { pieces_.push_back(std::move(piece)); });
  }
  // The model goes on changing meanwhile; the pieces are of the moment at which saving began.
  while (saving_ && clock_.Now() - began < (full_ ? kUrgentSlice : kSavingSlice)) {
    if (!WritePiece()) break;
  }
}

bool Core::WritePiece() {
  const Result<void> done = pieces_.empty() ? store_.FinishSnapshot() : store_.AddToSnapshot(pieces_.front());
  if (!done) {
    pieces_.clear();
    saving_ = false;
    if (done.error().kind != ErrorKind::kExhausted || !ReplaceSnapshot())
      spdlog::error("{}; the model is saved later", done.error().message);
    return false;
  }
  if (pieces_.empty()) {
    SnapshotDone();
  } else {
    pieces_.pop_front();
  }
  return true;
}

// Where two snapshots have no room: the new one takes that of the old one.
bool Core::ReplaceSnapshot() {
  std::vector<std::string> pieces;
  collector::SaveModel(model_, [&](std::string piece) { pieces.push_back(std::move(piece)); });
  saving_position_ = position_;
  shares_.Begun();
  if (auto replaced = store_.ReplaceSnapshot(position_, pieces, clock_.WallNow()); !replaced) {
    spdlog::error("{}", replaced.error().message);
    return false;
  }
  SnapshotDone();
  return true;
}

void Core::SnapshotDone() {
  saving_ = false;
  saved_position_ = saving_position_;
  pruning_ = true;
}

void Core::Prune() {
  if (saving_) return;
  pruning_ = pruning_ || full_;
  if (!pruning_) return;
  const Mono began = clock_.Now();
  // Records that a snapshot holds are kept for people to look at, not at the price of new ones.
  const bool pressed = full_ || Pressed();
  const PruneLimits limits{.keep_folded = pressed ? Duration(0) : config_.store.keep_records};
  while (pruning_ && clock_.Now() - began < (full_ ? kUrgentSlice : kPruningSlice)) {
    const Result<std::size_t> gone = store_.Prune(limits, clock_.WallNow());
    if (!gone) spdlog::error("{}", gone.error().message);
    pruning_ = gone && *gone > 0;
    if (gone && *gone == 0) shares_.Pruned();
  }
  if (pruning_) return;
  const Wall since = clock_.WallNow() - config_.model.forget_after;
  for (const auto& [space, from, most] : {std::tuple(kNodeSpace, since, kMaxNodes),
                                          {kStorySpace, since, StoryBook::kMost},
                                          {kKubeletSpace, Wall(), kMaxNodes},
                                          {kVerdictSpace, since, kMaxNodes}}) {
    if (auto trimmed = store_.Trim(space, from, most); !trimmed) spdlog::error("{}", trimmed.error().message);
  }
}

void Core::Finish() {
  // What has no turn any more is not acknowledged: its agent keeps it.
  if (!intake_.empty()) CommitWaiting();
  alerting_.Begin();
  (void)CommitTurn({});
  while (saving_) SaveModel();
  next_save_ = clock_.Now();
  do {
    SaveModel();
  } while (saving_);
}

}  // namespace loadline::collector

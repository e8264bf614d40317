#include "collector/store/patient_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schemas/base/prompt_thread.h"

namespace loadline::collector {

using Steady = std::chrono::steady_clock;

namespace {

// What writes or deletes a whole model at once may take so much longer.
constexpr int kLongVerbs = 3;

std::unexpected<Error> Unanswered(Steady::time_point since) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - since);
  return Failure(ErrorKind::kUnavailable,
                 fmt::format("the store has not answered for {} s", seconds.count()));
}

}  // namespace

// One call, from when it is asked for until it has ended.
struct PatientStore::Asked {
  std::function<void(Store&)> verb;
  std::function<void()>
      late;  // what is to be done of a call that was given up, when it has ended; may be null
  Steady::time_point since = Steady::now();
  bool given_up = false;
  bool done = false;
};

PatientStore::PatientStore(std::unique_ptr<Store> store, Duration patience, Duration patience_with_disk)
    : store_(std::move(store)),
      notes_(store_->notes()),
      patience_(patience),
      set_aside_(store_->SetAside()),
      disk_([this] { return store_->Sync(); }, patience_with_disk) {
  Look();
  thread_ = std::thread([this] { Run(); });
}

PatientStore::~PatientStore() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PatientStore::Look() {
  seen_.last_position = store_->LastPosition();
  seen_.size = store_->Size();
  seen_.used = store_->Used();
  seen_.commits = store_->Commits();
}

void PatientStore::Run() {
  BePrompt("store");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || (asked_ && !asked_->done); });
    if (!asked_ || asked_->done) return;
    const std::shared_ptr<Asked> asked = asked_;
    lock.unlock();
    asked->verb(*store_);
    disk_.Written();
    Look();
    lock.lock();
    if (asked->given_up && asked->late) asked->late();
    asked->done = true;
    asked_.reset();
    changed_.notify_all();
  }
}

template <typename T>
Result<T> PatientStore::Ask(std::function<Result<T>(Store&)> verb, int times,
                            std::function<void(const Result<T>&)> late) {
  auto result = std::make_shared<std::optional<Result<T>>>();
  auto asked = std::make_shared<Asked>();
  asked->verb = [verb = std::move(verb), result](Store& store) { *result = verb(store); };
  if (late) asked->late = [late = std::move(late), result] { late(**result); };
  if (const auto trouble = disk_.Trouble()) return Failure(*trouble);
  std::unique_lock lock(mutex_);
  if (asked_) return Unanswered(asked_->since);
  asked_ = asked;
  changed_.notify_all();
  if (!changed_.wait_for(lock, times * patience_, [&] { return asked->done; })) {
    asked->given_up = true;
    return Unanswered(asked->since);
  }
  return std::move(**result);
}

Result<void> PatientStore::Free() {
  const std::lock_guard lock(mutex_);
  if (asked_) return Unanswered(asked_->since);
  return {};
}

Store& PatientStore::Whole() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !asked_; });
  return *store_;
}

Result<std::vector<Position>> PatientStore::Append(std::span<const RecordToStore> records,
                                                   std::span<const Blob> beside, Wall now) {
  if (auto free = Free(); !free) return Failure(free.error());
  // Copies, which live until the call has ended, however late that is.
  struct Kept {
    std::vector<StreamId> streams;
    std::vector<std::vector<std::byte>> frames;
    std::vector<RecordToStore> records;
    std::vector<Blob> beside;
    std::vector<RecordKey> keys;
  };
  auto kept = std::make_shared<Kept>();
  kept->streams.reserve(records.size());
  kept->frames.reserve(records.size());
  for (const RecordToStore& record : records) {
    kept->streams.push_back(*record.stream);
    kept->frames.emplace_back(record.frame.begin(), record.frame.end());
    kept->records.push_back({&kept->streams.back(), record.sequence, record.received, kept->frames.back()});
    kept->keys.emplace_back(record.stream->node, record.stream->epoch, record.sequence);
  }
  kept->beside.assign(beside.begin(), beside.end());
  auto positions = Ask<std::vector<Position>>(
      [kept, now](Store& store) { return store.Append(kept->records, kept->beside, now); }, 1,
      [this, kept](const Result<std::vector<Position>>& done) {
        for (std::size_t i = 0; done && i < kept->keys.size(); ++i) {
          if ((*done)[i] != 0) late_.emplace(kept->keys[i], (*done)[i]);
        }
      });
  if (!positions) return positions;
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; !late_.empty() && i < kept->keys.size(); ++i) {
    const auto late = late_.find(kept->keys[i]);
    if (late == late_.end()) continue;
    if ((*positions)[i] == 0) (*positions)[i] = late->second;
    late_.erase(late);
  }
  return positions;
}

Result<void> PatientStore::BeginSnapshot(Position position, Wall now) {
  return Ask<void>([=](Store& store) { return store.BeginSnapshot(position, now); });
}

Result<void> PatientStore::AddToSnapshot(std::string_view piece) {
  return Ask<void>([own = std::string(piece)](Store& store) { return store.AddToSnapshot(own); });
}

Result<void> PatientStore::FinishSnapshot() {
  return Ask<void>([](Store& store) { return store.FinishSnapshot(); }, kLongVerbs);
}

Result<void> PatientStore::ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) {
  return Ask<void>([=, own = std::vector<std::string>(pieces.begin(), pieces.end())](
                       Store& store) { return store.ReplaceSnapshot(position, own, now); },
                   kLongVerbs);
}

Result<void> PatientStore::Put(std::span<const Blob> blobs, Wall now) {
  return Ask<void>(
      [=, own = std::vector<Blob>(blobs.begin(), blobs.end())](Store& store) { return store.Put(own, now); });
}

Result<void> PatientStore::Trim(std::string_view space, Wall since, std::size_t at_most) {
  return Ask<void>([=, own = std::string(space)](Store& store) { return store.Trim(own, since, at_most); });
}

Result<std::size_t> PatientStore::Prune(const PruneLimits& limits, Wall now) {
  return Ask<std::size_t>([=](Store& store) { return store.Prune(limits, now); });
}

Result<std::vector<StreamState>> PatientStore::Streams() {
  return Whole().Streams();
}

Result<void> PatientStore::Replay(Position after, const std::function<void(const StoredRecord&)>& visit) {
  return Whole().Replay(after, visit);
}

Result<Position> PatientStore::LoadSnapshot(const std::function<void(std::string_view)>& visit) {
  return Whole().LoadSnapshot(visit);
}

Result<std::vector<Blob>> PatientStore::Scan(std::string_view space) {
  return Whole().Scan(space);
}

}  // namespace loadline::collector

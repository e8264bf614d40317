// A store that has another one do everything, and asks before each write what is to go wrong.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "collector/store/store.h"

namespace loadline::collector {

class ForwardingStore final : public Store {
 public:
  // May take its time; an error is that of the write, which is not made then.
  using Trouble = std::function<Result<void>()>;

  ForwardingStore(std::unique_ptr<Store> store, Trouble trouble)
      : store_(std::move(store)), trouble_(std::move(trouble)) {}

  using Store::Append;
  Result<std::vector<Position>> Append(std::span<const RecordToStore> records, std::span<const Blob> beside,
                                       Wall now) override {
    return Write([&] { return store_->Append(records, beside, now); });
  }
  Result<void> Sync() override { return store_->Sync(); }
  [[nodiscard]] Position LastPosition() const override { return store_->LastPosition(); }
  [[nodiscard]] Result<std::vector<StreamState>> Streams() override { return store_->Streams(); }
  Result<void> Replay(Position after, const std::function<void(const StoredRecord&)>& visit) override {
    return store_->Replay(after, visit);
  }
  Result<void> BeginSnapshot(Position position, Wall now) override {
    return Write([&] { return store_->BeginSnapshot(position, now); });
  }
  Result<void> AddToSnapshot(std::string_view piece) override {
    return Write([&] { return store_->AddToSnapshot(piece); });
  }
  Result<void> FinishSnapshot() override {
    return Write([&] { return store_->FinishSnapshot(); });
  }
  Result<void> ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) override {
    return Write([&] { return store_->ReplaceSnapshot(position, pieces, now); });
  }
  Result<Position> LoadSnapshot(const std::function<void(std::string_view)>& visit) override {
    return store_->LoadSnapshot(visit);
  }
  Result<void> Put(std::span<const Blob> blobs, Wall now) override {
    return Write([&] { return store_->Put(blobs, now); });
  }
  Result<std::vector<Blob>> Scan(std::string_view space) override { return store_->Scan(space); }
  Result<void> Trim(std::string_view space, Wall since, std::size_t at_most) override {
    return store_->Trim(space, since, at_most);
  }
  Result<std::size_t> Prune(const PruneLimits& limits, Wall now) override {
    return store_->Prune(limits, now);
  }
  [[nodiscard]] Bytes Size() const override { return store_->Size(); }
  [[nodiscard]] Bytes Used() override { return store_->Used(); }
  [[nodiscard]] std::uint64_t Commits() const override { return store_->Commits(); }
  [[nodiscard]] SyncCounts Syncs() const override { return store_->Syncs(); }
  [[nodiscard]] NoteLog& notes() override { return store_->notes(); }

 private:
  template <typename Verb>
  auto Write(Verb verb) -> decltype(verb()) {
    if (Result<void> fine = trouble_(); !fine) return Failure(fine.error());
    return verb();
  }

  const std::unique_ptr<Store> store_;
  const Trouble trouble_;
};

}  // namespace loadline::collector

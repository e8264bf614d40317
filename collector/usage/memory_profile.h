// The memory that a container truly needs: what cannot be taken back, and the file cache as far as it is
// really used.
#pragma once

#include <optional>
#include <span>

#include "collector/usage/block_peaks.h"
#include "collector/usage/samples.h"

namespace loadline::collector {

class MemoryProfile {
 public:
  // While nothing runs, what was last seen gets no older than this.
  static constexpr Duration kPause = std::chrono::hours(14 * 24);

  void Add(const MemorySample& sample);
  // Peaks of whole days that somebody else has measured, newest first, the newest at `last`. For the usual
  // need, which they do not tell, they count as much as one day of samples.
  void AddDays(std::span<const double> peaks, Wall last);
  void Merge(const MemoryProfile& other);
  // The container is gone, and holds nothing any more.
  void Ended();
  // It runs again: what was last seen longer ago than `kPause` becomes what was seen that long ago. Shorter
  // pauses are left alone, because weeks have their own rhythm.
  void Resumed(Wall at) { peaks_.Resumed(at, kPause); }

  // Peaks of the need, bytes.
  [[nodiscard]] const BlockPeaks& peaks() const { return peaks_; }
  // The usual need: a mean that forgets by half in five days.
  [[nodiscard]] double mean() const { return mean_; }
  // The highest need of the last hour or two that were seen.
  [[nodiscard]] double recent_peak() const { return std::max(this_hour_, last_hour_); }
  // The same while it is still held: 0 when nothing was heard for two hours.
  [[nodiscard]] double HeldAt(Wall now) const { return IsHeardAt(now) ? recent_peak() : 0; }
  // The share of the active file cache that counts as needed: 1 while pages that were dropped come back.
  [[nodiscard]] double cache_use() const { return cache_use_; }

  // The need behind one sample. Without its parts it is the working set.
  //   anon 200 MiB, kernel 10, active file 100, cache in use -> 310 MiB; cache idle -> 235 MiB
  [[nodiscard]] double NeedOf(const MemorySample& sample) const;

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::MemoryProfile> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::MemoryProfile* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc
  [[nodiscard]] std::size_t HeapBytes() const { return peaks_.HeapBytes(); }

 private:
  [[nodiscard]] bool IsHeardAt(Wall now) const;
  void MergeHours(const MemoryProfile& other);

  BlockPeaks peaks_;
  double mean_ = 0;
  double mean_weight_ = 0;
  double cache_use_ = 1;
  double this_hour_ = 0;
  double last_hour_ = 0;
  std::optional<Wall> hour_start_;
};

}  // namespace loadline::collector

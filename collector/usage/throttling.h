// What a container would use if its CPU limit did not stop it.
//
// Usage pinned at a limit says only "at least this much". The kernel tells the rest: each CPU that was
// stopped counts its stopped time, so a container that always has work uses  usage + stopped time  without a
// limit; runnable tasks that waited behind one another add their wait. That is exact for a container that is
// always busy, and an upper bound for one whose work arrives in bursts; so the estimate is taken first, and
// replaced by what is really used once the limit has been out of the way for a minute. A container that is
// then held back again had a longer rhythm: each time it is watched for twice as long.
//
// Of bursts that are done within their second the seconds tell: none of them uses all that the limit gives, so
// nothing was left over, and what was stopped was only late. The less of the seconds reach the limit, the less
// of the stopped time counts: all of it where half of them do.
//
//   limit 100m, one busy thread: uses 0.1, is stopped 0.9 of each second           -> 1.0 core
//   limit 100m, four busy threads on four CPUs: uses 0.1, is stopped 3.9           -> 4.0 cores
//   limit 200m, eight threads with 20 ms each a second: uses 0.16, is stopped 5.5  -> 0.16 cores
#pragma once

#include <optional>

#include "collector/state/tables.h"
#include "collector/usage/byte_reader.h"
#include "collector/usage/samples.h"

namespace loadline::collector {

class Throttling {
 public:
  // Shares of throttled periods above which a container counts as held back by its limit, and below which it
  // does not.
  static constexpr double kHeldBack = 0.05;
  static constexpr double kFree = 0.01;

  void Add(const CpuSample& sample);
  // The container is gone. What was estimated is open until another runs free.
  void Ended() {
    ended_ = true;
    share_ = 0;
  }
  // The needier of two instances; but one that is gone gives way to one that runs free in its place.
  void Merge(const Throttling& other);

  // Share of throttled periods, a mean of about the last two minutes.
  [[nodiscard]] double share() const { return share_; }
  // What is needed, in cores: estimated while it is held back, measured afterwards. 0 when it never was, or
  // long ago.
  [[nodiscard]] double NeedAt(Wall now) const;
  // True while the need is an estimate.
  [[nodiscard]] bool held_back() const { return held_back_; }
  [[nodiscard]] MilliCores limit() const { return limit_; }

  // As a table of schemas/state.fbs and back. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::Throttling> Write(state::Builder& to) const;
  void Read(const state::fb::Throttling* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc

 private:
  static constexpr std::uint8_t kMostRelapses = 10;  // then it is watched for 17 hours

  void HeldBack(const CpuSample& sample);
  void Measure(const CpuSample& sample, double share);
  void Take(double measured, Wall at);
  [[nodiscard]] Duration WatchedFor() const;

  double share_ = 0;
  double demand_ = 0;  // estimate, a mean of about the last two minutes
  double need_ = 0;
  std::optional<Wall> need_at_;  // when the need was last confirmed
  bool held_back_ = false;
  bool ended_ = false;
  std::uint8_t relapses_ = 0;  // times it was held back again after its need was measured
  MilliCores limit_ = 0;       // of the last sample
  // Since the limit does not hold it back: for how long, and the highest minute.
  Duration free_for_{};
  double free_mean_ = 0;
  double free_peak_ = 0;
};

}  // namespace loadline::collector

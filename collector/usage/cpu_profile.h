// The CPU use of a container as our own recommendation needs it: minutes and seconds apart, start-up apart
// from the rest.
#pragma once

#include <array>
#include <optional>

#include "collector/usage/fine_histogram.h"
#include "collector/usage/samples.h"
#include "collector/usage/throttling.h"

namespace loadline::collector {

class CpuProfile {
 public:
  static constexpr Duration kHalfLife = std::chrono::hours(36);
  static constexpr int kStartupMinutes = 10;
  static constexpr Duration kBrief = std::chrono::hours(2);

  // The container began at `at`: its first minutes are kept apart.
  void Started(Wall at) { started_ = at; }
  // The container is gone, and was last seen at `last`. Of one that did not live for kBrief the start-up is
  // part of its use, as of a job that is over in twelve minutes.
  void Ended(Wall last);
  // One window of any length.
  void AddWindow(const CpuSample& sample);
  // A mean over about a minute or longer.
  void AddMinute(double cores, Duration length, Wall end);
  void Merge(const CpuProfile& other);

  [[nodiscard]] const FineHistogram& minutes() const { return minutes_; }  // weighted by seconds
  // The same with the start-up, for who has hardly anything else to go by.
  [[nodiscard]] FineHistogram AllMinutes(Wall now) const;
  [[nodiscard]] const FineHistogram& seconds() const { return seconds_; }  // of one-second samples
  [[nodiscard]] const Throttling& throttling() const { return throttling_; }
  // The mean use of each of the first minutes after a start, the highest of all starts; 0 when never seen.
  [[nodiscard]] const std::array<float, kStartupMinutes>& startup() const { return startup_; }

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::CpuProfile> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::CpuProfile* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc
  [[nodiscard]] std::size_t HeapBytes() const { return minutes_.HeapBytes() + seconds_.HeapBytes(); }

 private:
  void AddStartup(FineHistogram& to, Wall start) const;

  FineHistogram minutes_{kHalfLife};
  FineHistogram seconds_{kHalfLife};
  Throttling throttling_;
  std::optional<Wall> started_;
  std::array<float, kStartupMinutes> startup_{};
};

}  // namespace loadline::collector

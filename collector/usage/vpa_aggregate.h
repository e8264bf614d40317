// What the upstream recommender keeps of one or more like containers, and how it fills it.
//
// Kept beside our own profile so that the `vpa` algorithm answers exactly what upstream would: CPU samples of
// constant weight, one memory peak per container and day, OOM kills as a bumped memory sample.
#pragma once

#include <cstdint>
#include <optional>

#include "collector/usage/decaying_histogram.h"
#include "schemas/base/units.h"

namespace loadline::collector {

// Settings that upstream allows per VerticalPodAutoscaler.
struct VpaAggregation {
  Duration half_life = std::chrono::hours(24);
  Duration memory_interval = std::chrono::hours(24);
  double oom_bump_ratio = 1.2;      // memory needed after a kill: at least this times what was used
  Bytes oom_min_bump = 100 * kMiB;  // and at least this much more
  double cpu_sample_weight = 0.1;
};

// The form in which upstream stores an aggregate (VerticalPodAutoscalerCheckpoint, version v3).
struct VpaCheckpoint {
  DecayingCheckpoint cpu;
  DecayingCheckpoint memory;
  std::optional<Wall> first_sample;
  std::optional<Wall> last_sample;
  std::int64_t samples = 0;
  bool operator==(const VpaCheckpoint&) const = default;
};

// The sum of any number of containers.
class VpaAggregate {
 public:
  explicit VpaAggregate(Duration half_life = VpaAggregation{}.half_life);

  void AddCpu(double cores, double weight, Wall at);
  void AddMemoryPeak(Bytes peak, Wall window_end) {
    memory_.AddSample(static_cast<double>(peak), 1, window_end);
  }
  void SubtractMemoryPeak(Bytes peak, Wall window_end) {
    memory_.SubtractSample(static_cast<double>(peak), 1, window_end);
  }
  void Merge(const VpaAggregate& other);

  [[nodiscard]] const DecayingHistogram& cpu() const { return cpu_; }
  [[nodiscard]] const DecayingHistogram& memory() const { return memory_; }
  // CPU samples only, as upstream counts.
  [[nodiscard]] std::int64_t samples() const { return samples_; }
  [[nodiscard]] std::optional<Wall> first_sample() const { return first_sample_; }
  [[nodiscard]] std::optional<Wall> last_sample() const { return last_sample_; }

  [[nodiscard]] VpaCheckpoint Save() const;
  Result<void> Load(const VpaCheckpoint& checkpoint);

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::VpaAggregate> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::VpaAggregate* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc

 private:
  static constexpr std::int64_t kMostSamples = std::int64_t{1} << 53;

  DecayingHistogram cpu_;
  DecayingHistogram memory_;
  std::optional<Wall> first_sample_;
  std::optional<Wall> last_sample_;
  std::int64_t samples_ = 0;
};

// The open memory window of one container; feeds an aggregate.
class VpaContainer {
 public:
  // Ignored when negative or not after the container's last CPU sample. The time is the sample's start.
  void AddCpu(double cores, Wall at, const VpaAggregation& how, VpaAggregate& into);
  // Ignored when negative or before the container's last memory sample.
  void AddMemory(Bytes usage, Wall at, const VpaAggregation& how, VpaAggregate& into);
  // A kill with that memory request. Ignored when more than one interval older than the last memory sample.
  void AddOom(Bytes request, Wall at, const VpaAggregation& how, VpaAggregate& into);

  struct State {
    std::optional<Wall> last_cpu;
    std::optional<Wall> last_memory;
    std::optional<Wall> window_end;
    Bytes memory_peak = 0;
    Bytes oom_peak = 0;
    bool operator==(const State&) const = default;
  };
  [[nodiscard]] const State& state() const { return state_; }

  // As a table of schemas/state.fbs and back. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::VpaContainer> Write(state::Builder& to) const;
  void Read(const state::fb::VpaContainer* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc

 private:
  void AddMemorySample(Bytes usage, Wall at, bool is_oom, const VpaAggregation& how, VpaAggregate& into);

  State state_;
};

}  // namespace loadline::collector

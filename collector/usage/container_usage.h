// All that is remembered of what a container used: fed live, read by the recommendation algorithms.
//
// One object a container instance; those of a workload are merged when a recommendation is made, and an
// instance that is gone is merged into its workload's past, so that nothing is lost with a pod. Not
// thread-safe. Reads no clock. Costs some hundred bytes for a steady container, below 5 KiB for the most
// restless one.
//
//   ContainerUsage usage;
//   usage.AddCpu({.at = window_end, .interval = 10s, .usage_cores = 0.2});
//   usage.AddMemory({.at = window_end, .interval = 10s, .working_set = 300 * kMiB});
//   auto recommendation = algorithm->Recommend(usage, context, now);
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/usage/cpu_profile.h"
#include "collector/usage/kept_samples.h"
#include "collector/usage/memory_profile.h"
#include "collector/usage/samples.h"
#include "collector/usage/vpa_aggregate.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class ContainerUsage {
 public:
  ContainerUsage() = default;

  // The container began at that time, so that its start-up is kept apart. Not told: all of it is steady use.
  void Started(Wall at) { cpu_.Started(at); }

  // The container is gone: what it did in an unfinished minute counts, and so does a start-up that was its
  // whole life.
  void Ended();

  // Windows of one container, in order of time.
  void AddCpu(const CpuSample& sample);
  void AddMemory(const MemorySample& sample);
  void AddOom(const OomSample& kill);

  // One instance of it runs again at that time, after nothing did.
  void Resumed(Wall at) { memory_.Resumed(at); }

  // Adds what another instance of the same workload's container used. Kills and peaks are kept as they are:
  // the worst instance is not averaged away.
  void Merge(const ContainerUsage& other);
  // Of the other the kills alone.
  void MergeKills(const ContainerUsage& other);
  // Those that are known by one node's word alone. What `vpa` made of them stays.
  void ForgetKillsOf(std::uint32_t teller);

  // The exact state, as a table of schemas/state.fbs and back; nothing for what no Write can have meant.
  [[nodiscard]] flatbuffers::Offset<state::fb::Usage> Write(state::Builder& to) const;
  static std::optional<ContainerUsage> Read(const state::fb::Usage& from);
  // What versions before that schema wrote, see before_tags.cc.
  static Result<ContainerUsage> ReadBeforeTags(std::string_view bytes);

  // What another recommender had learnt, as a history to begin with. For the `vpa` algorithm it is exactly
  // what upstream would load. For our own it is a guess at what was measured: CPU minutes in the middle of
  // their buckets, and for memory a peak a day, of at most the last eight days; nothing of seconds,
  // throttling and kills. Fails when it holds no samples, or what no checkpoint can hold.
  static Result<ContainerUsage> FromCheckpoint(const VpaCheckpoint& checkpoint);

  // From now on keeps samples as these algorithms need them, and no others. What was not kept until now
  // begins as the histories remember it: the last day by the quantiles of its minutes, memory by its peaks.
  void Keep(std::span<const SampleNeed> needs);
  // For replays: every sample as it comes. It grows without bound, and is not saved.
  void KeepSamples();
  // What is kept for that need; null when nothing is.
  [[nodiscard]] const KeptSamples* Kept(const SampleNeed& need) const;

  [[nodiscard]] const CpuProfile& cpu() const { return cpu_; }
  [[nodiscard]] const MemoryProfile& memory() const { return memory_; }
  // From the first sample to the last, and when the last was.
  [[nodiscard]] Duration history() const {
    return first_seen_ ? last_seen_ - *first_seen_ : Duration::zero();
  }
  [[nodiscard]] std::optional<Wall> first_seen() const { return first_seen_; }
  [[nodiscard]] Wall last_seen() const { return last_seen_; }

  // What upstream would have kept.
  [[nodiscard]] const VpaAggregate& vpa() const { return vpa_; }
  [[nodiscard]] const VpaContainer& vpa_container() const { return vpa_container_; }
  // Kills, oldest first; of more than kMaxOoms the latest, and of a storm of them its last.
  static constexpr std::size_t kMaxOoms = 4;
  [[nodiscard]] const std::vector<OomSample>& ooms() const { return ooms_; }

  [[nodiscard]] std::size_t SizeBytes() const;

 private:
  // An algorithm, one to compare, and what is being given up.
  static constexpr std::size_t kMostNeeds = 4;

  // Windows shorter than a minute are put together, because upstream sees averages of about a minute.
  struct OpenMinute {
    std::optional<Wall> start;
    Duration length{};
    double core_seconds = 0;
  };
  void AddMinute(const CpuSample& sample);
  void KeepFewKills();
  void Seen(Wall from, Wall to);
  [[nodiscard]] KeptSamples AsRemembered(const SampleNeed& need) const;

  CpuProfile cpu_;
  MemoryProfile memory_;
  std::optional<Wall> first_seen_;
  Wall last_seen_{};
  VpaContainer vpa_container_;
  VpaAggregate vpa_;
  OpenMinute minute_;
  std::optional<Wall> last_memory_minute_;
  std::vector<OomSample> ooms_;
  std::vector<KeptSamples> kept_;
};

}  // namespace loadline::collector

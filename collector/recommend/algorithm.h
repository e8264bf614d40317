// How a request is chosen. Algorithms are told apart by name; the default is `loadline`.
//
// An algorithm is immutable, thread-safe, does no I/O and reads no clock: the same usage, context and time
// give the same recommendation.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "collector/advice/recommendation.h"
#include "collector/recommend/context.h"
#include "collector/usage/container_usage.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // The spec it was made from: "vpa", "max:7:0.15".
  [[nodiscard]] virtual std::string_view name() const = 0;

  // Whether replicas on nodes of different classes are sized apart, where the workload is one that has them.
  [[nodiscard]] virtual bool SizesByNodeClass() const { return false; }

  // Whether the rules of namespace and cluster bound what it says. Upstream leaves that to admission.
  [[nodiscard]] virtual bool KeepsToRules() const { return false; }

  // The samples that it ranks, for it knows only usage that keeps them. Nothing: it does with the histories
  // that every usage has.
  [[nodiscard]] virtual std::optional<SampleNeed> samples() const { return std::nullopt; }

  // Sizes the containers whose merged usage this is.
  [[nodiscard]] virtual Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                                 Wall now) const = 0;
};

// Fails on an unknown name or wrong parameters, naming those that exist.
//   loadline                ours, the default
//   vpa                     as upstream's VerticalPodAutoscaler recommender
//   krr                     95th percentile of CPU, largest memory + 15 %, both over two weeks
//   autopilot               the windowed rules of Google's Autopilot
//   autopilot-ml            its ensemble, which learns by a cost function
//   max:<days>:<margin>     the largest of the last days ("all" for ever) with a margin: "max:7:0.15"
Result<std::unique_ptr<Algorithm>> MakeAlgorithm(std::string_view spec);

}  // namespace loadline::collector

// What a container used before: what replicas that are gone leave behind, and what others had learnt of it.
//
//   past.Fold(replica);                           // it ended, or is not heard of any more
//   past.Inherit(provisional, named);             // two turn out to be one container
//   past.TakeOver(container, its_history, now);
//
// Alone writes `past`, `class_pasts` and `taken_over` of containers, and `departed` of nodes; names of those that
// departed may come later (provisional.h). A DaemonSet's is kept by class of node, at most 32 of these for a
// container; all else of one container is remembered together.
// What a node alone tells, against all others, is not remembered: nobody could tell it from the others' later.
// Lives on the core thread.
#pragma once

#include "collector/model/options.h"
#include "collector/model/registry.h"

namespace loadline::collector {

class Past {
 public:
  static constexpr Duration kKnownWell = std::chrono::hours(24);

  // Both must outlive it.
  Past(Registry& registry, const ModelOptions& options) : registry_(registry), options_(options) {}

  // Merges a replica that is gone into its container's past, and takes it out (Registry::Erase).
  void Fold(ReplicaId replica);

  // What `from` used before was used by `into`.
  void Inherit(Container& from, Container& into);

  // Gives a container the history that another recommender had learnt of it, to begin with. False when it is
  // not wanted: it is known for `kKnownWell` already or from before that history began, it has taken over one
  // before, or the history ended longer ago than `forget_after`.
  bool TakeOver(ContainerId container, ContainerUsage history, Wall now);
  // Drops it when it is that old: then only what was measured here counts.
  void ForgetTakenOver(Container& container, Wall now);

 private:
  // Where the usage of replicas that were on that node goes.
  ContainerUsage& Of(Container& container, const Node& node);
  ContainerUsage& Of(Container& container);
  // Whether it says far more than those on other nodes that run now, and than `past`.
  [[nodiscard]] bool StandsAlone(const Replica& replica, const ContainerUsage& past) const;
  // For what is told of its memory afterwards.
  void Remember(const Replica& replica);

  Registry& registry_;
  const ModelOptions& options_;
};

}  // namespace loadline::collector

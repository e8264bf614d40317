// When what is not heard of any more is forgotten.
//
// A replica that no number means and of which nothing was heard for a while is gone; the figures of one whose
// node went silent are no longer those of now. A container without replicas may come back:
//
//   of what runs now and then (CronJob, ScaledJob, CronWorkflow)           ten weeks: two runs of a monthly schedule
//   of what bears a name of its own (a Deployment, a bare pod, a service)  `forget_after`
//   that was killed for memory, whatever it is                             `forget_after`
//   all else: sessions, containers of a runtime, plain cgroups             as long as it was there, at least ten
//                                                                          minutes and at most `forget_after`
//
// Where half of the room is taken, the last line is for all. A node without any is forgotten when no record of it
// came for `forget_after`.
//
// All of it follows the time at which records came, so that a replay forgets at the same points. Lives on the
// core thread.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/model/options.h"
#include "collector/model/past.h"
#include "collector/model/registry.h"

namespace loadline::collector {

class Expiry {
 public:
  // All must outlive it.
  Expiry(Registry& registry, Past& past, const ModelOptions& options)
      : registry_(registry), past_(past), options_(options) {}

  // A record came: looks once a minute, before the record is taken.
  void Pass(Wall received);

  struct Clock {
    Wall last_received{};
    std::int64_t looked_minute = 0;  // of the last look, or the one before which there is to be none
  };
  [[nodiscard]] const Clock& clock() const { return clock_; }
  void Restore(const Clock& clock) { clock_ = clock; }

 private:
  void Look(Wall now);
  void FoldUnheard(Wall now);
  void ForgetContainers(Wall now);
  // How long after it was last seen.
  [[nodiscard]] Duration KeptFor(const Container& container) const;
  [[nodiscard]] bool IsCrowded(const Container& container) const;
  void ForgetNodes(Wall now);
  // Replicas that some number means, ascending.
  [[nodiscard]] std::vector<ReplicaId> Numbered() const;
  // Whether no record of the node came for `forget_after`.
  [[nodiscard]] bool Unheard(const Node& node, Wall now) const;

  Registry& registry_;
  Past& past_;
  const ModelOptions& options_;
  Clock clock_;
};

}  // namespace loadline::collector

// What is known of a node's health by its kernel's log and by checks on it: conditions that hold, and what has happened
// within a day.
//
// Bounded: at most 64. What goes is what happened longest ago; a condition that holds goes last.
#pragma once

#include <cstddef>
#include <vector>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

class Findings {
 public:
  static constexpr std::size_t kMost = 64;
  // Nearer to the last time than this it is the same, told again by an agent that reads the log from its beginning.
  static constexpr Duration kSame = std::chrono::seconds(1);
  static constexpr Duration kOneStory = std::chrono::minutes(10);
  static constexpr Duration kRemembered = std::chrono::hours(24);

  // `at` is when it was, by the collector's clock. Whether it is news: found for the first time in ten minutes, or the
  // end of what held.
  bool Take(const wire::HealthEvent& event, Wall at);
  // What held before the node booted holds no longer, and happened.
  void Booted();
  // What happened too long ago is forgotten.
  void Forget(Wall now);
  // As it was saved; in this order.
  void Restore(NodeFinding finding);

  // By source, condition and reason: the first time first.
  [[nodiscard]] const std::vector<NodeFinding>& all() const { return all_; }

 private:
  void MakeRoom();

  std::vector<NodeFinding> all_;
};

}  // namespace loadline::collector

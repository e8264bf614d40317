// What people see happening, in the order in which it was added.
//
// Bounded: at most 200, and of those at most 100 of one node, so that one that never rests leaves room for the
// others. What goes is the oldest, of that node or of all. Lives on the core thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Timeline {
 public:
  static constexpr std::size_t kMost = 200;
  static constexpr std::ptrdiff_t kMostOfANode = 100;

  void Add(HappeningView happening) {
    const auto of_it = [&](const HappeningView& other) { return other.node == happening.node; };
    if (std::ranges::count_if(happenings_, of_it) >= kMostOfANode) {
      happenings_.erase(std::ranges::find_if(happenings_, of_it));
    } else if (happenings_.size() >= kMost) {
      happenings_.erase(happenings_.begin());
    }
    happenings_.push_back(std::move(happening));
  }
  // As it was saved, in place of what there is.
  void Restore(std::vector<HappeningView> happenings) { happenings_ = std::move(happenings); }

  // Newest last.
  [[nodiscard]] std::span<const HappeningView> happenings() const { return happenings_; }

 private:
  std::vector<HappeningView> happenings_;
};

}  // namespace loadline::collector

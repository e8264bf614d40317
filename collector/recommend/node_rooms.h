// What nodes have room for, as bounds of a pod. CPU and memory that a pod asks for have to be on one node, and the node with
// the most CPU need not be the one with the most memory.
//
//   NodeRooms rooms;
//   rooms.Add({.cpu = 16'000, .memory = 8 * kGiB});
//   rooms.Add({.cpu = 4000, .memory = 64 * kGiB});
//   rooms.Most();                                         // 16'000 and 64 GiB: what one resource alone may come to
//   rooms.For({.cpu = 2000, .memory = 32 * kGiB});        // 4000 and 64 GiB
#pragma once

#include <vector>

#include "collector/advice/recommendation.h"

namespace loadline::collector {

class NodeRooms {
 public:
  NodeRooms() = default;
  // Of one node.
  explicit NodeRooms(const Amounts& room) { Add(room); }

  // 0 is none that is known.
  void Add(const Amounts& room);
  // Without any nothing is bounded.
  [[nodiscard]] bool IsEmpty() const { return rooms_.empty(); }
  // Whether some node has the most of both.
  [[nodiscard]] bool HasLargest() const { return rooms_.size() <= 1; }
  // Each resource by itself, of two nodes maybe; zeros without any.
  [[nodiscard]] Amounts Most() const;
  // The node that the least of this is missing on; memory that is missing kills, and so counts four times what CPU does.
  // Where nothing is missing on several, the one with the most CPU. Zeros without any.
  [[nodiscard]] Amounts For(const Amounts& wanted) const;

  bool operator==(const NodeRooms&) const = default;

 private:
  std::vector<Amounts> rooms_;  // each with less CPU and more memory than the one before
};

}  // namespace loadline::collector

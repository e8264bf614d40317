// What one node, and all together, may have: containers, replicas and the bytes of their names.
//
//   if (room.Admits(node, need)) ... room.Charge(node, replica, 1);
//
// Only counts: Registry asks before it adds, and charges with +1 what it has added and with -1 what it takes
// out again. What has no room is counted, for its node and altogether, and not kept. Lives on the core thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "collector/model/entities.h"
#include "collector/model/options.h"

namespace loadline::collector {

class Room {
 public:
  // `options` must outlive it.
  explicit Room(const ModelOptions& options) : options_(options) {}

  // What a new replica brings with it.
  struct Need {
    bool container = false;  // that is new, too
    std::size_t name_bytes = 0;
  };
  // Whether that node, and all together, have room for it.
  bool Admits(Node& node, const Need& need);

  void Charge(Node& node, const Replica& replica, int sign);
  // A container counts against the node that told of it first; null: against none any more.
  void Charge(Node* maker, const Workload& workload, const Container& container, int sign);

  // Containers that had no room, of all nodes, since the model is there.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  void Restore(std::uint64_t refused) { refused_ = refused; }

 private:
  void Refuse(Node& node, std::uint64_t RefusedCounts::* what);

  const ModelOptions& options_;
  std::size_t replicas_ = 0;
  std::size_t containers_ = 0;
  std::size_t name_bytes_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace loadline::collector

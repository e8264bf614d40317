// Which victims of the OOM killer fell together: with memory.oom.group, as Kubernetes sets it, one decision of the
// kernel ends all processes of a container, and each is told by itself.
//
//   if (node.group_kills.IsFirst(kill, container_path, at)) ++kills;
//
// Remembers the last few decisions of one node.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

class GroupKills {
 public:
  // Whether this is a new kill of that container. A further victim of the same decision is not. Agents before
  // 0.2 do not say which decision it was: there what follows within kTogether is the same one.
  [[nodiscard]] bool IsFirst(const wire::OomKill& victim, std::string_view container_path, Wall at);

  static constexpr Duration kTogether = std::chrono::milliseconds(20);

 private:
  static constexpr std::size_t kRemembered = 32;
  struct Decision {
    std::size_t container = 0;  // hash of its path
    std::uint64_t number = 0;
    Wall last{};  // its last victim
  };
  std::deque<Decision> decisions_;
};

}  // namespace loadline::collector

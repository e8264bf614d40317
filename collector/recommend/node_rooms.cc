#include "collector/recommend/node_rooms.h"

#include <algorithm>

namespace loadline::collector {
namespace {

constexpr double kMemoryCounts = 4;

// The share of what is wanted that is not there.
double Missing(std::int64_t wanted, std::int64_t room) {
  return wanted > room ? 1 - static_cast<double>(room) / static_cast<double>(wanted) : 0;
}

bool Holds(const Amounts& room, const Amounts& other) {
  return room.cpu >= other.cpu && room.memory >= other.memory;
}

}  // namespace

void NodeRooms::Add(const Amounts& room) {
  if (room == Amounts{}) return;
  if (std::ranges::any_of(rooms_, [&](const Amounts& known) { return Holds(known, room); })) return;
  std::erase_if(rooms_, [&](const Amounts& known) { return Holds(room, known); });
  const auto less = std::ranges::find_if(rooms_, [&](const Amounts& known) { return known.cpu < room.cpu; });
  rooms_.insert(less, room);
}

Amounts NodeRooms::Most() const {
  if (rooms_.empty()) return {};
  return {.cpu = rooms_.front().cpu, .memory = rooms_.back().memory};
}

Amounts NodeRooms::For(const Amounts& wanted) const {
  if (rooms_.empty()) return {};
  return *std::ranges::min_element(rooms_, {}, [&](const Amounts& room) {
    return Missing(wanted.cpu, room.cpu) + kMemoryCounts * Missing(wanted.memory, room.memory);
  });
}

}  // namespace loadline::collector

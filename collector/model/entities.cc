#include "collector/model/entities.h"

#include <fmt/format.h>

#include <cmath>

namespace loadline::collector {

std::string Node::Class() const {
  // An agent could put itself into a class of its own.
  const bool is_told = told.now.cpu > 0 && told.now.memory > 0;
  const wire::NodeCapacity& has = is_told ? told.now : capacity;
  if (has.cpu <= 0 || has.memory <= 0) return {};
  // Machines of one kind differ by what their firmware and kernel keep for themselves.
  return fmt::format("{} CPUs, {:.0f} GiB", (has.cpu + 999) / 1000,
                     std::ceil(static_cast<double>(has.memory) / static_cast<double>(kGiB)));
}

}  // namespace loadline::collector

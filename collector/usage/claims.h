// What one node's agent makes of a container, in the few figures that a sizing goes by.
//
// An agent that was taken over can say of its pods what it likes. So what one node alone says far above all
// others is not believed: see Weigh (recommend) and what is left of replicas that are gone (model).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "collector/usage/container_usage.h"

namespace loadline::collector {

// So many times what all others say one node is believed alone. Replicas of one template differ: a leader or
// a busy shard needs two or three times what its siblings do. It is the step that a kill asks for, too, so
// that one replica that is killed near what the others use moves them all, as it has to. What is beyond has
// to be said by two nodes.
inline constexpr double kBelievedAlone = 4.2;
// Of two, nobody knows who lies.
inline constexpr std::size_t kLeastTellers = 3;

// A number for the node by whose word something is known; never 0, which is nobody's word alone. The same
// after a restart.
std::uint32_t TellerOf(std::string_view node);

// Cores and bytes.
struct Claims {
  static constexpr std::size_t kFigures = 6;
  // CPU: usual minutes, the highest minute (start and throttled demand with it), the highest second. Memory:
  // the mean, the highest of the last hour, the highest ever. Kills are not among them.
  std::array<double, kFigures> figures{};
  // How much its minutes weigh, in seconds: who tells of more time than there was drowns the others.
  double told_seconds = 0;

  static Claims Of(const ContainerUsage& usage);
  // Figure by figure the larger.
  void Raise(const Claims& other);
  // Whether a figure is more than `times` that of the others, and so much more that it matters.
  [[nodiscard]] bool Exceeds(const Claims& others, double times, std::size_t figure) const;
};

}  // namespace loadline::collector

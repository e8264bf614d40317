// From what a container used to the upstream recommender's checkpoint and back.
#pragma once

#include <span>

#include "collector/usage/container_usage.h"

namespace loadline::collector {

// What upstream would save of a container of which `running` are the replicas and `gone` what is left of
// others: the sum of all, less each replica's peak of the memory interval that is still open at `now`,
// because that one is measured on and would count twice.
VpaCheckpoint CheckpointOf(std::span<const ContainerUsage* const> running,
                           std::span<const ContainerUsage* const> gone, Wall now);

}  // namespace loadline::collector

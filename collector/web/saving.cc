#include "collector/web/saving.h"

namespace loadline::collector {
namespace {

std::int64_t Freed(const ResourceAdvice& advice, std::int64_t replicas) {
  return advice.current_request.value_or(0) > 0 ? (*advice.current_request - advice.target) * replicas : 0;
}

}  // namespace

SavedAmounts SavingOf(const ContainerView& container) {
  if (!container.recommendation) return {};
  return {.cpu = Freed(container.recommendation->cpu, container.replicas),
          .memory = Freed(container.recommendation->memory, container.replicas)};
}

}  // namespace loadline::collector

#include "collector/recommend/algorithm.h"

#include <fmt/format.h>

#include "collector/recommend/vpa.h"

namespace loadline::collector {

Result<std::unique_ptr<Algorithm>> MakeAlgorithm(std::string_view spec) {
  if (spec == "vpa") return MakeVpa();
  return Failure(ErrorKind::kInvalid, fmt::format("unknown algorithm '{}': there is vpa", spec));
}

}  // namespace loadline::collector

// A life that nobody thought of: put together by chance from what workloads do.
#pragma once

#include <cstdint>

#include "collector/backtest/life.h"

namespace loadline::collector {

// The same life for the same seed. Its name says what it is made of.
Life RandomLife(std::uint64_t seed);

}  // namespace loadline::collector

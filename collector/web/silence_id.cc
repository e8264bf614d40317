#include "collector/web/silence_id.h"

#include <fmt/format.h>

#include <random>

namespace loadline::collector {

std::string NewSilenceId() {
  std::random_device random;
  const auto word = [&] { return random(); };
  const unsigned a = word(), b = word(), c = word(), d = word();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", a, b >> 16U, b & 0xfffU,
                     0x8000U | ((c >> 16U) & 0x3fffU), c & 0xffffU, d);
}

}  // namespace loadline::collector

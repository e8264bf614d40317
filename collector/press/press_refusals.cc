#include "collector/press/press_refusals.h"

#include <fmt/core.h>

#include <utility>

namespace loadline::collector {

std::optional<std::string> PressRefusals::Note(const Error& why, Mono now) {
  const std::lock_guard lock(mutex_);
  if (last_line_ && now - *last_line_ < kBetweenLines) {
    ++unsaid_;
    return std::nullopt;
  }
  last_line_ = now;
  std::string line = fmt::format("a press in Slack was refused: {}", why.message);
  if (const std::uint64_t others = std::exchange(unsaid_, 0); others > 0)
    line += fmt::format(" ({} more since the last such line)", others);
  return line;
}

}  // namespace loadline::collector

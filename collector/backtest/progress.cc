#include "collector/backtest/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr int kWidth = 40;

}  // namespace

Progress::Progress(std::size_t total)
    : total_(std::max<std::size_t>(1, total)), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

void Progress::Step(const std::string& what) {
  ++done_;
  const int percent = static_cast<int>(std::min(done_, total_) * 100 / total_);
  if (!terminal_ || percent == shown_percent_) return;
  shown_percent_ = percent;
  const int filled = percent * kWidth / 100;
  fmt::print(stderr, "\r\033[K[{:#<{}}{:<{}}] {:3} %  {}", "", filled, "", kWidth - filled, percent,
             Printable(what));
  std::fflush(stderr);
}

}  // namespace loadline::collector

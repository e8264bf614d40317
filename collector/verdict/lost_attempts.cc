#include "collector/verdict/lost_attempts.h"

#include <algorithm>
#include <cmath>

namespace loadline::collector {
namespace {

constexpr int kFewest = 3;
// At 400 ms each this is how long a silence without any witness takes.
constexpr int kMost = 30;
// So many in a row are no loss of packets but seconds in which nothing passed, or a death.
constexpr int kOutage = 8;
constexpr double kOddsOfBeingWrong = 4e-6;
constexpr double kRemembered = 200;
// A node that nothing is known of loses about four in a hundred: then it takes four. Without a loss three are enough after
// kAcquainted attempts.
constexpr double kPriorLost = 0.5;
constexpr double kPriorAttempts = 12;
constexpr double kAcquainted = 20;

}  // namespace

void LostAttempts::There(int unanswered) {
  if (unanswered >= kOutage) return;
  attempts_ += unanswered + 1;
  lost_ += unanswered;
  if (attempts_ < kRemembered) return;
  attempts_ /= 2;
  lost_ /= 2;
}

bool LostAttempts::acquainted() const {
  return attempts_ >= kAcquainted;
}

int LostAttempts::Enough() const {
  const double share = (lost_ + kPriorLost) / (attempts_ + kPriorAttempts);
  const double enough = std::ceil(std::log(kOddsOfBeingWrong) / std::log(share));
  return static_cast<int>(std::clamp<double>(enough, kFewest, kMost));
}

}  // namespace loadline::collector

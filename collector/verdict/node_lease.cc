#include "collector/verdict/node_lease.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A kubelet renews each 10 s, give or take 4 %; and a second for the way.
constexpr Duration kRenewedWithin = 11500ms;
// One that was renewed while nobody here reached its node is believed for as long as the API server believes a kubelet.
constexpr Duration kBelieved = 40s;
constexpr Duration kAskEach = 1s;
// It is known to be renewed: whether it still is.
constexpr Duration kAskAgain = 5s;
constexpr Duration kAnswersNow = 10s;

}  // namespace

LeaseSays SaidBy(const std::optional<LeaseWitness>& lease, Mono now) {
  if (!lease) return LeaseSays::kNotAsked;
  if (!lease->first || now - lease->last > kAnswersNow) return LeaseSays::kWaiting;
  if (lease->renewed)
    return lease->last - *lease->renewed < kBelieved ? LeaseSays::kRenewed : LeaseSays::kStill;
  return lease->last - *lease->first < kRenewedWithin ? LeaseSays::kWaiting : LeaseSays::kStill;
}

void NodeLease::Answered(std::string_view renewed, Mono asked) {
  if (!witness_.first)
    witness_.first = asked;
  else if (renewed != stands_ && !renewed.empty())
    witness_.renewed = asked;
  stands_ = renewed;
  witness_.last = asked;
  next_ = asked + (witness_.renewed ? kAskAgain : kAskEach);
}

void NodeLease::Failed(Mono asked) {
  next_ = asked + kAskEach;
}

}  // namespace loadline::collector

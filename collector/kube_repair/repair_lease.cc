#include "collector/kube_repair/repair_lease.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace loadline::collector {

namespace {

constexpr Duration kNewsEach = std::chrono::milliseconds(500);

}  // namespace

RepairLease::RepairLease(KubeAccess access, const Clock& clock, LeaseOptions options)
    : access_(std::move(access)),
      clock_(clock),
      election_(clock, std::move(options)),
      keeping_([this](const std::stop_token& stop) { Keep(stop); }) {}

RepairLease::~RepairLease() {
  keeping_.request_stop();
}

void RepairLease::Keep(const std::stop_token& stop) {
  {
    KubeClient api(access_, clock_, stop);
    while (!stop.stop_requested()) {
      const Duration wait = election_.Round(api);
      // What the end breaks off is no trouble.
      if (!stop.stop_requested()) election_.Log();
      WaitForNews(wait, stop);
    }
  }
  KubeClient last(access_, clock_);
  election_.Release(last);
}

// A step waits for what it wants on the lease.
void RepairLease::WaitForNews(Duration most, const std::stop_token& stop) const {
  do {
    const Duration piece = std::min(most, kNewsEach);
    if (!WaitUnlessStopped(piece, stop)) return;
    most -= piece;
  } while (most > Duration::zero() && !election_.HasNews());
}

std::string LeaseIdentity(const std::string& host) {
  std::random_device random;
  return fmt::format("{}_{:08x}{:08x}", host, random(), random());
}

}  // namespace loadline::collector

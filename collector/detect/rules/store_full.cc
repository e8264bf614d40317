// StoreNotWritable is near.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<double> kUsed{"threshold", "The share of store.max_size that is used.", 0.9, 0.01, 1};

void DetectStoreFull(const ClusterSeen& seen, const RuleSettings& settings, Found& found) {
  const OwnHealth& own = seen.evidence.own;
  const double share =
      own.store_most > 0 ? static_cast<double>(own.store_bytes) / static_cast<double>(own.store_most) : 0.0;
  const double threshold = settings.Of(kUsed);
  if (share < threshold) return;
  found.Add(
      {.summary = fmt::format("The collector's store is {:.0f} % full", share * 100),
       .reason = fmt::format("{} of {} are used, threshold {:.0f} %. At its bound nothing more is "
                             "acknowledged until it has made room, and agents keep their records.",
                             FormatBytes(own.store_bytes), FormatBytes(own.store_most), threshold * 100),
       .keep = std::chrono::minutes(1)});
}

}  // namespace

Rule StoreFull() {
  return {.name = "StoreFull",
          .meaning = "The store nears its bound, beyond which nothing is acknowledged.",
          .remedy = "Raise store.max_size and the volume, or shorten store.keep_records.",
          .severity = Severity::kSev1,
          .hold = std::chrono::minutes(1),
          .own = true,
          .thresholds = {kUsed},
          .detect = DetectStoreFull};
}

}  // namespace loadline::collector::rules

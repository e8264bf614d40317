// Records are not acknowledged; agents keep them as long as their spool has room.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectStoreNotWritable(const ClusterSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  const OwnHealth& own = seen.evidence.own;
  if (own.store_error.empty()) return;
  found.Add(
      {.summary = fmt::format("The collector cannot store records: {}", own.store_error),
       .reason = fmt::format("The last commit failed ({}); {} records wait, and nothing is acknowledged. "
                             "Agents keep their records as long as their spool has room.",
                             own.store_error, own.waiting_records),
       .keep = std::chrono::seconds(5),
       .urgent = true});
}

}  // namespace

Rule StoreNotWritable() {
  return {.name = "StoreNotWritable",
          .meaning = "Records cannot be stored; agents keep them while their spool has room.",
          .remedy = "Make room on the collector's volume, or look at what the error names.",
          .severity = Severity::kSev0,
          .own = true,
          .detect = DetectStoreNotWritable};
}

}  // namespace loadline::collector::rules

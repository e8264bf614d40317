// The way from alerting (core thread) to the threads that send, and the news of how it went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/alert/sink.h"

namespace loadline::collector {

// How one attempt went. Delivered and refused are final.
struct DeliveryReport {
  std::string id;  // of the notification; empty: of none, the sink only wants something kept
  std::string integration;
  Outcome outcome;
  std::uint32_t attempts = 0;
  Wall at{};
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  // Takes it over to the lane of `notification.integration`. False when that lane is full or unknown:
  // alerting keeps it, and offers it again later.
  [[nodiscard]] virtual bool Offer(const Notification& notification) = 0;
  // What a sink had kept before the restart (Outcome::keep); before the first Offer. False: there is no such
  // lane any more.
  virtual bool Recall(const std::string& /*integration*/, const std::string& /*key*/,
                      const std::string& /*value*/) {
    return true;
  }
  // Reports from before the restart that alerting may never have had in its journal; before the first Offer.
  virtual std::vector<DeliveryReport> Leftover() { return {}; }
  // Every report that was taken so far is in the journal.
  virtual void Settled() {}
};

}  // namespace loadline::collector

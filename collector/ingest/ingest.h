// Frames in: verified, decoded, put in order, acknowledged once they are committed.
//
//   BoundedQueue<Delivery> deliveries(4096);
//   auto ingest = Ingest::Start(options, store.Watermarks(), token_verifier, deliveries, clock);
//   // the core's thread:
//   std::deque<Delivery> batch = deliveries.TakeAll();
//   ... one transaction: store every IngestedRecord, and raise the watermark of its (node, epoch) ...
//   (*ingest)->Committed(watermarks of the batch);
//
// Records of one (node, epoch) are delivered in ascending sequence and each at most once, a restart of the
// collector included, as long as the watermarks of the store are those of its records. While the queue is
// full, or more than `uncommitted_bytes` wait for Committed, nothing is read: the agents keep their records.
// While the store is away everybody is heard, and what has no room is passed over until it is back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/ingest/agent_keys.h"
#include "collector/ingest/curve_keys.h"
#include "collector/ingest/delivery.h"
#include "collector/ingest/metrics.h"
#include "collector/ingest/reception.h"
#include "collector/ingest/router.h"
#include "collector/ingest/token.h"
#include "schemas/base/bounded_queue.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct IngestOptions {
  std::string endpoint = "tcp://127.0.0.1:7400";  // to bind to; port 0 or * takes a free one
  CurveKeys keys;
  AgentKeys* agents = nullptr;  // who is let in; must outlive the ingest. nullptr: whoever knows our key
  RouterLimits limits;
  ReceptionOptions reception;
};

class Ingest {
 public:
  // Binds, and starts the thread. Fails with a clear message when the port is in use or the keys are not
  // ones. `tokens`, `out` and `clock` must outlive the ingest; `tokens` is called from its thread only.
  [[nodiscard]] static Result<std::unique_ptr<Ingest>> Start(IngestOptions options,
                                                             const std::vector<Watermark>& watermarks,
                                                             TokenVerifier& tokens,
                                                             BoundedQueue<Delivery>& out, const Clock& clock);

  // Stops the thread; agents keep what was not committed.
  virtual ~Ingest() = default;

  // These records and all of their epochs before them are durable: acknowledges them. Any thread.
  virtual void Committed(std::vector<Watermark> watermarks) = 0;

  // The store takes nothing at present, or does again: see Reception::OnStoreAway. Any thread.
  virtual void StoreAway(bool away) = 0;

  // Asks agents about other nodes' kubelets; what they find is delivered. Any thread.
  virtual void Ask(std::vector<NeighbourQuestion> questions) = 0;

  // Where agents connect to: the endpoint with the real port.
  [[nodiscard]] virtual std::string endpoint() const = 0;

  // A copy of the counters. Any thread.
  [[nodiscard]] virtual IngestMetrics Metrics() const = 0;
};

}  // namespace loadline::collector

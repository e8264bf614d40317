// What ingest hands to the collector's core, in the order in which it came.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/wire/encode.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// A record's place in the stream of its node, unique for all time.
struct RecordId {
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const RecordId&) const = default;
};

// When it came, by the collector's clocks.
struct Received {
  Wall wall;
  Mono mono;
  bool operator==(const Received&) const = default;
};

// A record that is new: to be committed, and then named to Ingest::Committed.
struct IngestedRecord {
  RecordId id;
  std::string boot_id;  // of the node's kernel when it was sent
  Received received;
  wire::Frame frame;    // to be stored: wire::Decode gives `record` again
  wire::Record record;  // its times by our clock, where the node's is known to be wrong (NodeClock)
};

// A node has said Hello and is welcome. Not stored, not committed.
struct NodeGreeted {
  std::string node;
  Received received;
  wire::Hello hello;                    // without the token
  std::optional<Duration> clock_ahead;  // the node's wall clock of ours; unknown of an older agent
};

// A node's agent is alive. Records and greetings are signs of life too.
struct NodeHeartbeat {
  std::string node;
  Received received;
  wire::Heartbeat heartbeat;
  std::optional<Duration> clock_ahead{};  // as above
};

// What a node's agent found at the port of another one's kubelet.
struct NeighbourFound {
  std::string node;  // whose agent that is
  Received received;
  wire::NeighbourProbed found;
};

// And what it is to find.
struct NeighbourQuestion {
  std::string node;  // whose agent is asked
  wire::ProbeNeighbours question;
  bool operator==(const NeighbourQuestion&) const = default;
};

// Nothing came, but the core should look up: somebody has an errand for it.
struct Knock {};

using Delivery = std::variant<IngestedRecord, NodeGreeted, NodeHeartbeat, NeighbourFound, Knock>;

// The last record of an epoch that is committed. What the store must give back at start, and what decides
// about duplicates.
struct Watermark {
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const Watermark&) const = default;
};

}  // namespace loadline::collector

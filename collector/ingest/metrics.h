// What ingest counts. All since the start of the collector unless "now".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "schemas/wire/decode.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

struct IngestMetrics {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;     // new, handed to the core
  std::uint64_t duplicates = 0;  // had before: acknowledged and ignored
  std::uint64_t missing = 0;     // sequences that agents passed over: what they dropped
  std::uint64_t hellos = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t acknowledgements = 0;   // frames sent
  std::uint64_t pauses = 0;             // times when reading stopped because the core was behind
  std::uint64_t peers = 0;              // now: connections that have greeted
  std::uint64_t uncommitted_bytes = 0;  // now: delivered and not yet committed

  std::map<wire::RejectReason, std::uint64_t> rejected;
  // By sender and reason. The sender is the node's name once it has greeted, its address before. A bounded
  // number of senders is told apart; the rest are together under "others".
  std::map<std::pair<std::string, wire::FrameFault>, std::uint64_t> bad_frames;
};

}  // namespace loadline::collector

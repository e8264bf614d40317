// What ingest counts. All since the start of the collector unless "now".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "schemas/wire/decode.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// Why a connection was ended, or not begun.
enum class Refusal : std::uint8_t {
  kNotZmtp,            // not ZeroMQ's protocol with CURVE, or not from its beginning
  kWrongKey,           // made for another collector, or changed on the way
  kUnknownAgent,       // its key is none that agents were given
  kBadMessage,         // a command, a socket type or a message of several parts that no agent sends
  kTooLarge,           // a message over the bound
  kCrowded,            // the oldest that was not an agent yet, when there were too many
  kLate,               // has not said who it is within its time
  kTooManyHandshakes,  // from its address
  kTooManyAgents,      // of its address, or altogether
  kUnfinished,         // a message that did not end within its time, or beside too many others
  kDoesNotRead,        // takes no answers
  kOpenFiles,          // the system gives no more
};
inline constexpr int kRefusalCount = 12;
[[nodiscard]] std::string_view Name(Refusal refusal);

// What the network side counts.
struct DoorMetrics {
  std::uint64_t connections = 0;  // now
  std::uint64_t strangers = 0;    // now: of these, those that have not shown a key that is admitted
  // By address and reason. A bounded number of addresses is told apart; the rest are together under "others".
  std::map<std::pair<std::string, Refusal>, std::uint64_t> refused;
};

struct IngestMetrics {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;     // new, handed to the core
  std::uint64_t duplicates = 0;  // had before: acknowledged and ignored
  std::uint64_t missing = 0;     // sequences that agents passed over: what they dropped
  std::uint64_t hellos = 0;
  std::uint64_t hellos_too_soon = 0;  // of nodes that greet without end: passed over
  std::uint64_t ended_sessions = 0;   // whose token was not good any more
  std::uint64_t nodes_left_out = 0;   // Hellos of nodes over the bound
  std::uint64_t heartbeats = 0;
  std::uint64_t acknowledgements = 0;   // frames sent
  std::uint64_t pauses = 0;             // times when reading stopped because the core was behind
  std::uint64_t passed_over = 0;        // records without room while the store was away; they come again
  std::uint64_t peers = 0;              // now: connections that have greeted
  std::uint64_t uncommitted_bytes = 0;  // now: delivered and not yet committed

  DoorMetrics door;
  std::map<wire::RejectReason, std::uint64_t> rejected;
  // By sender and reason. The sender is the node's name once it has greeted, its address before. A bounded
  // number of senders is told apart; the rest are together under "others".
  std::map<std::pair<std::string, wire::FrameFault>, std::uint64_t> bad_frames;
};

}  // namespace loadline::collector

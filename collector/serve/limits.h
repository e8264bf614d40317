// How much clients may take of the server, each and all together.
#pragma once

#include <chrono>
#include <cstddef>

namespace loadline::collector {

struct ConnectionLimits {
  // The largest head of a request: its line and headers. Browsers send about 1 KiB.
  std::size_t request_bytes = 16 * 1024;
  // The largest body of one whose body is wanted: Prometheus posts 64 alerts at once.
  std::size_t body_bytes = 4 * 1024 * 1024;
  // Bodies that are not there yet, of all connections.
  std::size_t all_body_bytes = 64UL * 1024 * 1024;
  // Answers that were made and not taken yet, of all connections. Beyond it the slowest readers are gone.
  std::size_t all_answer_bytes = 64UL * 1024 * 1024;
  // An answer that is made while it is sent waits when its reader is so far behind.
  std::size_t answer_ahead = 256 * 1024;
  // From a request's first byte to the end of its head, and again to the end of its body. A client that drips
  // bytes ends here.
  std::chrono::milliseconds request_time{5'000};
  // Without a new request.
  std::chrono::milliseconds idle{30'000};
  // A reader that takes nothing for so long is gone ...
  std::chrono::milliseconds write_stall{5'000};
  // ... and one that has not taken the whole answer within so long, after it was made.
  std::chrono::milliseconds answer_time{60'000};
  int requests = 1'000;  // on one connection
  // Connections altogether. When they are all taken, the longest idle one is closed of the address that has
  // most.
  std::size_t connections = 512;
  // Of one address that is not loopback. Through `kubectl port-forward` everybody comes from loopback.
  std::size_t per_address = 256;
};

}  // namespace loadline::collector

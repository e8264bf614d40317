// How much one connection may take of the server.
#pragma once

#include <chrono>
#include <cstddef>

namespace loadline::collector {

struct ConnectionLimits {
  // The largest request: line, headers and body. Browsers send about 1 KiB.
  std::size_t request_bytes = 16 * 1024;
  // And that of one whose body is wanted: Prometheus posts 64 alerts at once.
  std::size_t body_bytes = 4 * 1024 * 1024;
  // From its first byte to its last. A client that drips bytes ends here.
  std::chrono::milliseconds request_time{5'000};
  // Without a new request.
  std::chrono::milliseconds idle{5'000};
  // A reader that takes nothing for so long is gone.
  std::chrono::milliseconds write_stall{5'000};
  int requests = 1'000;
};

}  // namespace loadline::collector

// Many agents in one thread: each with a real spool, session and CURVE connection, and a node that is made
// up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::bench {

struct FleetOptions {
  std::string endpoint;
  std::string collector_key;
  std::string key_file;
  std::string token;
  int agents = 1000;
  int containers = 100;  // on each node
  Duration window = std::chrono::seconds(10);
};

class Fleet {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Fleet>> Start(const FleetOptions& options);
  virtual ~Fleet() = default;

  // Lets the agents live until `end`. Windows of different nodes end at different times.
  virtual void RunUntil(Mono end) = 0;

  struct Counts {
    int connected = 0;
    std::uint64_t windows = 0;  // of nodes, so far
    std::uint64_t sent_bytes = 0;
    std::uint64_t acknowledged_records = 0;
    std::uint64_t spooled_records = 0;
    std::uint64_t dropped_records = 0;
  };
  [[nodiscard]] virtual Counts counts() const = 0;
};

}  // namespace loadline::bench

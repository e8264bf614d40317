// At most so many at a time of what is expensive.
//
// Whoever holds a place and waits for a reader that takes nothing loses it to the next who comes: so clients
// that ask for much and do not read keep nobody out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "collector/serve/pipe.h"

namespace loadline::collector {

class Permits {
 public:
  explicit Permits(std::size_t most) : most_(most) {}

  // A place until it is let go of; null when all are taken. `pipe` is where the answer goes.
  std::shared_ptr<const void> Take(std::shared_ptr<Pipe> pipe);

  // A reader that has taken nothing for so long may lose its place.
  static constexpr std::chrono::milliseconds kStalled{250};
  // How long is waited for it to go.
  static constexpr std::chrono::milliseconds kPatience{250};

 private:
  using Places = std::list<std::shared_ptr<Pipe>>;
  class Place;
  bool SendAwayTheSlowest();
  void Leave(Places::iterator place);

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Places taken_;
};

}  // namespace loadline::collector

// Every feed that somebody listens to, asked by one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "collector/serve/pipe.h"
#include "collector/serve/reply.h"

namespace loadline::collector {

class Feeds {
 public:
  Feeds();
  Feeds(const Feeds&) = delete;
  Feeds& operator=(const Feeds&) = delete;
  ~Feeds();

  // What it says goes into `pipe`, as chunks of HTTP or as it is, until nobody reads there.
  void Add(std::unique_ptr<Feed> feed, std::shared_ptr<Pipe> pipe, bool chunked);

 private:
  struct Listener {
    std::unique_ptr<Feed> feed;
    std::shared_ptr<Pipe> pipe;
    bool chunked;
  };
  void Run();
  static bool Ask(const Listener& listener);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Listener> fresh_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace loadline::collector

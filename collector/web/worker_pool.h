// A fixed number of threads that serve connections, and a short queue before them. When it is full the
// accepting thread waits: then the kernel's backlog fills, and new clients wait there at no cost to us.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace loadline::collector {

class WorkerPool final : public httplib::TaskQueue {
 public:
  WorkerPool(std::size_t threads, std::size_t queue);
  void enqueue(std::function<void()> task) override;
  // What is queued is still served; ends when all threads have.
  void shutdown() override;

 private:
  void Serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  const std::size_t limit_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace loadline::collector

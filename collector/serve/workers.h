// A fixed number of threads that do what is handed to them, and a bounded queue before them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace loadline::collector {

class Workers {
 public:
  // The threads give way to others by `niceness`, as nice(1) has it.
  Workers(std::size_t threads, std::size_t queue, int niceness);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  // What waits is dropped; ends when what is under way has ended.
  ~Workers();

  // False: too much waits already.
  [[nodiscard]] bool Hand(std::function<void()> task);

 private:
  void Serve();

  const std::size_t limit_;
  const int niceness_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace loadline::collector

// Runs checks on threads of its own, so that whatever they look at may hang: nobody who samples waits for them.
//
// A thread sleeps until the next look is due. What has become another is looked at again soon, so that it is confirmed or
// forgotten. A look that takes much CPU time is had more rarely, so that it stays a small part of a core.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/condition_book.h"
#include "schemas/base/bounded_queue.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

class Checker {
 public:
  static constexpr Duration kLookAgain = std::chrono::seconds(5);

  // Begins. What does not run has its conditions ended: nobody would ever find out that they are over. `clock` must
  // outlive it.
  Checker(std::vector<PlannedCheck> checks, const Clock& clock);
  // Ends soon, also while a check waits.
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // What there is to be told since the last call. Never waits. Of one thread.
  std::vector<wire::HealthEvent> Take(Mono now, Wall wall);

 private:
  struct Due {
    PlannedCheck* check = nullptr;
    Mono at{};
    std::vector<Health> before;
    bool looked = false;
  };
  void RunLane(std::vector<Due> lane, const std::stop_token& stop);
  void LookAt(Due& due, const std::stop_token& stop);

  const Clock& clock_;
  std::vector<PlannedCheck> checks_;
  BoundedQueue<Looked> looked_{256};
  ConditionBook book_;
  std::vector<wire::HealthEvent> at_start_;
  std::vector<std::jthread> lanes_;
};

}  // namespace loadline::agent

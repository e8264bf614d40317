// Bounded waiting for something that another thread or process brings about.
#pragma once

#include <chrono>
#include <thread>

namespace loadline::test {

// Asks every few milliseconds until the answer is yes, at most `patience`. Gives the last answer.
template <typename Condition>
bool Eventually(Condition&& condition, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace loadline::test

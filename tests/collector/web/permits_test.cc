#include "collector/web/permits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<Pipe> APipe() {
  return std::make_shared<Pipe>(10, [] {});
}

TEST(Permits, AreSoManyAndComeBack) {
  Permits permits(2);
  auto first = permits.Take(APipe());
  const auto second = permits.Take(nullptr);
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(permits.Take(APipe()), nullptr);
  first.reset();
  EXPECT_NE(permits.Take(APipe()), nullptr);
}

TEST(Permits, WhoseReaderStallsLosesItToTheNext) {
  Permits permits(1);
  const auto pipe = APipe();
  std::atomic<bool> stopped = false;
  std::jthread maker([&, permit = permits.Take(pipe)]() mutable {
    EXPECT_FALSE(pipe->Write("more than the reader may be behind"));
    stopped = true;
    permit.reset();
  });
  while (!pipe->waiting_since()) std::this_thread::yield();
  std::shared_ptr<const void> next;
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!next && std::chrono::steady_clock::now() < until) {
    next = permits.Take(APipe());
    if (!next) std::this_thread::sleep_for(10ms);
  }
  EXPECT_NE(next, nullptr);
  EXPECT_TRUE(stopped);
}

TEST(Permits, WhoseReaderKeepsUpKeepsIt) {
  Permits permits(1);
  const auto pipe = APipe();
  const auto permit = permits.Take(pipe);
  EXPECT_TRUE(pipe->Write("short"));
  EXPECT_EQ(permits.Take(APipe()), nullptr);
  EXPECT_FALSE(pipe->deserted());
}

}  // namespace
}  // namespace loadline::collector

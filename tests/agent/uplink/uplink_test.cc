#include "agent/uplink/uplink.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "schemas/wire/decode.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// What the uplink's thread says, and what is said to it.
class Line {
 public:
  void Sent(std::span<const std::byte> frame) {
    const std::lock_guard lock(mutex_);
    const auto message = wire::Decode(frame);
    ASSERT_TRUE(message);
    greeted_ = greeted_ || std::holds_alternative<wire::Hello>(*message);
    const auto* heartbeat = std::get_if<wire::Heartbeat>(&*message);
    if (heartbeat == nullptr || !heartbeat->stopping) return;
    said_the_end_ = true;
    to_agent_.push_back(*wire::Encode(wire::Ack{.epoch = heartbeat->epoch, .sequence = 0}));
  }
  void Say(const wire::Message& message) {
    const std::lock_guard lock(mutex_);
    to_agent_.push_back(*wire::Encode(message));
  }
  std::optional<wire::Frame> Next() {
    const std::lock_guard lock(mutex_);
    if (to_agent_.empty()) return std::nullopt;
    wire::Frame frame = std::move(to_agent_.front());
    to_agent_.pop_front();
    return frame;
  }
  [[nodiscard]] bool WaitForHello() const {
    for (int i = 0; i < 2000 && !greeted_; ++i) std::this_thread::sleep_for(5ms);
    return greeted_;
  }
  [[nodiscard]] bool said_the_end() const { return said_the_end_; }

 private:
  std::mutex mutex_;
  std::deque<wire::Frame> to_agent_;
  std::atomic<bool> greeted_ = false;
  std::atomic<bool> said_the_end_ = false;
};

class LineTransport final : public Transport {
 public:
  explicit LineTransport(Line& line) : line_(line) {}
  void Reset() override {}
  bool Send(std::span<const std::byte> frame) override {
    line_.Sent(frame);
    return true;
  }
  std::optional<wire::Frame> Receive() override { return line_.Next(); }
  void Wait(Duration, bool) override { std::this_thread::sleep_for(1ms); }
  void Wake() override {}

 private:
  Line& line_;
};

// The collector knows from a Hello that the node lives: without a word it would take it for silent.
TEST(Uplink, WhoIsAskedToEndBeforeItsHelloIsAnsweredStillSaysThatItEnds) {
  const SystemClock clock;
  Line line;
  auto uplink = MakeUplink({.hello = {.node = "n"}, .linger = 20s}, *Spool::Open({}),
                           std::make_unique<LineTransport>(line), clock);
  ASSERT_TRUE(line.WaitForHello());
  std::jthread end([&] { uplink.reset(); });
  std::this_thread::sleep_for(100ms);
  line.Say(wire::Welcome{});
  end.join();
  EXPECT_TRUE(line.said_the_end());
}

}  // namespace
}  // namespace loadline::agent

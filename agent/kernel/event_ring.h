// The consumer's end of the ring: waits, decodes, delivers.
#pragma once

#include <functional>
#include <memory>

#include "agent/signal/kernel_event.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

struct ring_buffer;

namespace loadline::agent {

class EventRing {
 public:
  using OnEvent = std::function<void(const KernelEvent&)>;

  // `ring` is the map's fd and stays the caller's.
  static Result<std::unique_ptr<EventRing>> Open(int ring);

  // Everything that is in the ring now. Returns how many events were delivered.
  std::size_t Consume(const OnEvent& on_event);

  // Readable when an urgent event is there, or any when the ring is a quarter full.
  [[nodiscard]] int fd() const;

  void set_oom_rung(wire::Rung rung) { oom_rung_ = rung; }
  [[nodiscard]] std::uint64_t bad_events() const { return bad_events_; }

 private:
  struct Free {
    void operator()(ring_buffer* ring) const;
  };
  static int OnRecord(void* self, void* data, std::size_t size);

  std::unique_ptr<ring_buffer, Free> ring_;
  wire::Rung oom_rung_ = wire::Rung::kOff;
  std::uint64_t bad_events_ = 0;
  // Only during Consume.
  const OnEvent* on_event_ = nullptr;
  std::size_t delivered_ = 0;
};

// Waits until one of the two is readable (-1: none), or the deadline; true when wake_fd is.
bool WaitForEither(int events_fd, int wake_fd, Mono deadline);

}  // namespace loadline::agent

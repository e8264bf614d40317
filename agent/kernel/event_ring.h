// The consumer's end of the ring: waits, decodes, delivers.
//
// libbpf's own consumer maps the ring twice in a row, so that no record is cut where the ring ends, and the process is
// charged for both. Here it is mapped once, and the few records that are cut are put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "agent/signal/kernel_event.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class EventRing {
 public:
  using OnEvent = std::function<void(const KernelEvent&)>;

  // `ring` is the map's fd and stays the caller's, who keeps it open; `bytes` is its size.
  static Result<std::unique_ptr<EventRing>> Open(int ring, std::size_t bytes);
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;
  ~EventRing();

  // Everything that is in the ring now. Returns how many events were delivered.
  std::size_t Consume(const OnEvent& on_event);

  // Readable when something is there; whoever waits is woken by an urgent event, or by any when the ring is a quarter
  // full.
  [[nodiscard]] int fd() const { return fd_; }

  void set_oom_rung(wire::Rung rung) { oom_rung_ = rung; }
  [[nodiscard]] std::uint64_t bad_events() const { return bad_events_; }

 private:
  EventRing(int ring, std::size_t bytes) : fd_(ring), bytes_(bytes) {}
  Result<void> Map();
  // The part of the ring that begins at this position; good until the next call.
  std::span<const std::byte> At(std::uint64_t position, std::size_t size);
  // False when it is none of ours, or of a node beside this one.
  bool Deliver(std::span<const std::byte> record, const OnEvent& on_event);

  const int fd_;
  const std::size_t bytes_;
  void* consumer_ = nullptr;  // a page: the position up to which all is taken
  void* producer_ = nullptr;  // a page: the position up to which all is written; behind it the records
  std::vector<std::byte> joined_;
  wire::Rung oom_rung_ = wire::Rung::kOff;
  std::uint64_t bad_events_ = 0;
};

// Waits until one of the two is readable (-1: none), or the deadline; true when wake_fd is.
bool WaitForEither(int events_fd, int wake_fd, Mono deadline);

}  // namespace loadline::agent

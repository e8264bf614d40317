#include "agent/kernel/event_ring.h"

#include <bpf/libbpf.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "agent/kernel/decode.h"

namespace loadline::agent {

void EventRing::Free::operator()(ring_buffer* ring) const {
  ring_buffer__free(ring);
}

Result<std::unique_ptr<EventRing>> EventRing::Open(int ring) {
  auto opened = std::make_unique<EventRing>();
  opened->ring_.reset(ring_buffer__new(ring, &EventRing::OnRecord, opened.get(), nullptr));
  if (!opened->ring_) return SystemFailure("mapping the ring of events", errno);
  return opened;
}

int EventRing::OnRecord(void* context, void* data, std::size_t size) {
  auto* self = static_cast<EventRing*>(context);
  const std::span bytes(static_cast<const std::byte*>(data), size);
  if (IsElsewhere(bytes)) return 0;
  if (const auto event = Decode(bytes, self->oom_rung_)) {
    ++self->delivered_;
    (*self->on_event_)(*event);
  } else {
    ++self->bad_events_;
  }
  return 0;
}

std::size_t EventRing::Consume(const OnEvent& on_event) {
  on_event_ = &on_event;
  delivered_ = 0;
  ring_buffer__consume(ring_.get());
  on_event_ = nullptr;
  return delivered_;
}

int EventRing::fd() const {
  return ring_buffer__epoll_fd(ring_.get());
}

bool WaitForEither(int events_fd, int wake_fd, Mono deadline) {
  const Duration left = std::max(deadline - SystemClock().Now(), Duration::zero());
  const timespec timeout{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  pollfd watched[] = {{.fd = events_fd, .events = POLLIN, .revents = 0},
                      {.fd = wake_fd, .events = POLLIN, .revents = 0}};
  ppoll(watched, 2, &timeout, nullptr);
  return watched[1].revents != 0;
}

}  // namespace loadline::agent

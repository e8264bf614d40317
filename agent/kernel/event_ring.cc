#include "agent/kernel/event_ring.h"

#include <linux/bpf.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "agent/kernel/decode.h"

namespace loadline::agent {
namespace {

// The kernel's layout, which is its interface: two pages with a position each, then the records. A record begins at a
// multiple of 8 with its length and, above that, whether it is still being written or was given up.
constexpr std::size_t kHead = BPF_RINGBUF_HDR_SZ;

std::size_t PageSize() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

template <typename Number>
Number Load(const void* place) {
  return std::atomic_ref<Number>(*static_cast<Number*>(const_cast<void*>(place)))
      .load(std::memory_order_acquire);
}

}  // namespace

Result<std::unique_ptr<EventRing>> EventRing::Open(int ring, std::size_t bytes) {
  std::unique_ptr<EventRing> opened(new EventRing(ring, bytes));
  if (auto mapped = opened->Map(); !mapped) return Failure(mapped.error());
  return opened;
}

Result<void> EventRing::Map() {
  const std::size_t page = PageSize();
  void* consumer = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (consumer == MAP_FAILED) return SystemFailure("mapping the ring of events", errno);
  consumer_ = consumer;
  void* producer = ::mmap(nullptr, page + bytes_, PROT_READ, MAP_SHARED, fd_, static_cast<off_t>(page));
  if (producer == MAP_FAILED) return SystemFailure("mapping the ring of events", errno);
  producer_ = producer;
  return {};
}

EventRing::~EventRing() {
  if (consumer_ != nullptr) ::munmap(consumer_, PageSize());
  if (producer_ != nullptr) ::munmap(producer_, PageSize() + bytes_);
}

std::span<const std::byte> EventRing::At(std::uint64_t position, std::size_t size) {
  const auto* const records = static_cast<const std::byte*>(producer_) + PageSize();
  const std::size_t from = position & (bytes_ - 1);
  if (from + size <= bytes_) return {records + from, size};
  joined_.assign(records + from, records + bytes_);
  joined_.insert(joined_.end(), records, records + (size - joined_.size()));
  return joined_;
}

bool EventRing::Deliver(std::span<const std::byte> record, const OnEvent& on_event) {
  if (IsElsewhere(record)) return false;
  const auto event = Decode(record, oom_rung_);
  if (!event) {
    ++bad_events_;
    return false;
  }
  on_event(*event);
  return true;
}

std::size_t EventRing::Consume(const OnEvent& on_event) {
  std::size_t delivered = 0;
  auto position = Load<std::uint64_t>(consumer_);
  for (auto end = position; position < (end = Load<std::uint64_t>(producer_));) {
    const auto head = Load<std::uint32_t>(At(position, kHead).data());
    if ((head & BPF_RINGBUF_BUSY_BIT) != 0) break;
    const std::size_t length = head & ~BPF_RINGBUF_DISCARD_BIT;
    const bool fits = length <= end - position;
    if (!fits) ++bad_events_;  // Only a fault of the kernel's can bring this about.
    if (fits && (head & BPF_RINGBUF_DISCARD_BIT) == 0 && Deliver(At(position + kHead, length), on_event))
      ++delivered;
    position = fits ? position + (kHead + length + 7) / 8 * 8 : end;
    std::atomic_ref(*static_cast<std::uint64_t*>(consumer_)).store(position, std::memory_order_release);
  }
  return delivered;
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

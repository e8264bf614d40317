#include <utility>

#include "schemas/wire/encode.h"
#include "schemas/wire/layout.h"
#include "schemas/wire/text.h"

namespace loadline::wire {
namespace {

// Upper bounds of what things take in a frame, in bytes, with padding.
constexpr std::size_t kText = 12;     // offset, length, terminator and padding of a string
constexpr std::size_t kTable = 64;    // a table, its share of a vtable, and the offset to it
constexpr std::size_t kFixed = 2048;  // header, vtables, losses and the lengths of the columns

std::size_t BoundOf(const CgroupIdentity& i) {
  return kTable + 5 * kText + i.path.size() + i.pod_uid.size() + i.container_id.size() + i.unit.size() +
         i.sub_path.size();
}

std::size_t BoundOf(const ContainerWindow& container) {
  std::size_t bound = sizeof(std::uint32_t) + sizeof(fb::Part);
  if (container.cpu) bound += sizeof(fb::Cpu) + 1 + sizeof(fb::Bin) * container.cpu->one_second.size();
  if (container.throttle) bound += sizeof(fb::Throttle) + sizeof(std::uint32_t);
  if (container.memory) bound += sizeof(fb::Memory) + 2 * sizeof(std::uint32_t);
  if (container.memory_events) bound += sizeof(fb::MemoryEvents);
  if (container.pressure) bound += sizeof(fb::Stall) + sizeof(fb::OtherStalls);
  if (container.limits) bound += sizeof(fb::Limits);
  if (container.exits) bound += sizeof(fb::Exits);
  if (container.io) bound += sizeof(fb::Io);
  if (container.huge_pages) bound += sizeof(fb::HugePages);
  if (container.cpu_bounds) bound += sizeof(fb::CpuBounds);
  if (!container.counters.empty())
    bound += 1 + container.counters.size() * (sizeof(Counter) + sizeof(std::uint64_t));
  return bound;
}

std::size_t BoundOf(std::uint32_t) {
  return sizeof(std::uint32_t);
}

std::size_t BoundOf(const NodeWindow& node) {
  std::size_t bound = 2 * kTable;
  for (const NodeWindow::Disk& disk : node.disks)
    bound += kTable + kText + std::min(disk.path.size(), kMaxPath);
  return bound;
}

class Splitter {
 public:
  // Takes over the lists of `report`; what remains of it is the head of every part.
  explicit Splitter(Report head) : head_(std::move(head)) {
    room_of_a_part_ = kMaxFrameBytes - kFixed - BoundOf(head_.node);
    Begin();
    head_.losses = {};
    head_.agent_cpu_us = 0;
  }

  // Appends each item to `list` of the current part, or of a new one when it has no room.
  template <typename T>
  void Distribute(std::vector<T> items, std::vector<T> Report::* list, std::size_t most) {
    for (T& item : items) {
      const std::size_t bound = BoundOf(item);
      const bool full = bound > room_ || (parts_.back().*list).size() == most;
      if (full && !empty_) Begin();
      room_ -= std::min(room_, bound);
      empty_ = false;
      (parts_.back().*list).push_back(std::move(item));
    }
  }

  std::vector<Report> Finish() && {
    for (std::size_t i = 0; i + 1 < parts_.size(); ++i) parts_[i].more = true;
    return std::move(parts_);
  }

 private:
  void Begin() {
    parts_.push_back(head_);
    room_ = room_of_a_part_;
    empty_ = true;
  }

  Report head_;
  std::vector<Report> parts_;
  std::size_t room_of_a_part_ = 0;
  std::size_t room_ = 0;
  bool empty_ = true;
};

}  // namespace

std::vector<Report> SplitToFit(Report report) {
  if (report.node.disks.size() > kMaxDisks) report.node.disks.resize(kMaxDisks);
  auto identities = std::exchange(report.identities, {});
  auto containers = std::exchange(report.containers, {});
  auto gone = std::exchange(report.gone, {});
  Splitter splitter(std::move(report));
  splitter.Distribute(std::move(identities), &Report::identities, kMaxIdentities);
  splitter.Distribute(std::move(containers), &Report::containers, kMaxContainers);
  splitter.Distribute(std::move(gone), &Report::gone, kMaxGone);
  return std::move(splitter).Finish();
}

}  // namespace loadline::wire

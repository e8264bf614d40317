#include "agent/kernel/decode.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "bpf/events.h"

namespace loadline::agent {
namespace {

// The layouts are the same for clang's BPF target and for this compiler, or nothing here is true.
static_assert(sizeof(event_head) == 16);
static_assert(sizeof(cgroup_name) == 16);
static_assert(offsetof(cgroup_lifecycle_event, path) == 36);
static_assert(sizeof(oom_victim_event) == 104);
static_assert(sizeof(reclaim_stall_event) == 56);
static_assert(sizeof(cgroup_record) == 224);
static_assert(sizeof(slice_control) == 64);

const std::uint64_t kPageSize = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));

KernelCgroup Name(const cgroup_name& name) {
  return {.hierarchy = name.hierarchy, .id = name.id};
}

template <typename Record>
Result<Record> Read(std::span<const std::byte> bytes) {
  Record record;
  if (bytes.size() < sizeof(record)) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("an event of {} bytes, {} expected", bytes.size(), sizeof(record)));
  }
  std::memcpy(&record, bytes.data(), sizeof(record));
  return record;
}

// A lifecycle record ends where its path ends.
Result<KernelEvent> DecodeLifecycle(std::span<const std::byte> bytes, bool born) {
  constexpr std::size_t kFixed = offsetof(cgroup_lifecycle_event, path);
  cgroup_lifecycle_event record;
  if (bytes.size() < kFixed) return Failure(ErrorKind::kInvalid, "a cgroup event without a path");
  std::memcpy(&record, bytes.data(), kFixed);
  if (record.path_length > CGROUP_PATH_MAX || bytes.size() < kFixed + record.path_length) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("a cgroup event whose path of {} bytes is cut off", record.path_length));
  }
  if (!born) return CgroupDied{.cgroup = Name(record.cgroup)};
  return CgroupBorn{
      .cgroup = Name(record.cgroup),
      .path = std::string(reinterpret_cast<const char*>(bytes.data()) + kFixed, record.path_length)};
}

Result<KernelEvent> DecodeOomVictim(std::span<const std::byte> bytes, wire::Rung rung) {
  const auto record = Read<oom_victim_event>(bytes);
  if (!record) return Failure(record.error());
  return OomVictim{
      .boot_ns = record->head.ktime_ns,
      .victim = Name(record->victim),
      .whole_machine = record->scope == OOM_SCOPE_MACHINE,
      .limit_owner = Name(record->owner),
      .owner_usage = PagesToBytes(record->owner_usage_pages),
      .owner_limit = LimitToBytes(record->owner_limit_pages),
      .victim_rss = PagesToBytes(record->victim_rss_pages),
      .pid = record->pid,
      .oom_score_adj = record->oom_score_adj,
      .command = std::string(record->command, strnlen(record->command, sizeof(record->command))),
      .seen_through = rung,
  };
}

Result<KernelEvent> DecodeReclaimStall(std::span<const std::byte> bytes) {
  const auto record = Read<reclaim_stall_event>(bytes);
  if (!record) return Failure(record.error());
  return ReclaimStall{
      .boot_ns = record->head.ktime_ns,
      .cgroup = Name(record->cgroup),
      .stall_ns = record->stall_ns,
      .usage = PagesToBytes(record->usage_pages),
      .limit = LimitToBytes(record->limit_pages),
  };
}

}  // namespace

Bytes PagesToBytes(std::uint64_t pages) {
  constexpr std::uint64_t kMost = std::numeric_limits<Bytes>::max();
  if (pages > kMost) return 0;  // a sum over CPUs may be below zero for an instant
  return static_cast<Bytes>(std::min(pages, kMost / kPageSize) * kPageSize);
}

Bytes LimitToBytes(std::uint64_t pages) {
  const std::uint64_t none = std::numeric_limits<std::int64_t>::max() / kPageSize;
  return pages >= none ? 0 : PagesToBytes(pages);
}

Result<KernelEvent> Decode(std::span<const std::byte> bytes, wire::Rung oom_rung) {
  const auto head = Read<event_head>(bytes);
  if (!head) return Failure(head.error());
  switch (head->kind) {
    case EVENT_CGROUP_BORN:
      return DecodeLifecycle(bytes, true);
    case EVENT_CGROUP_DIED:
      return DecodeLifecycle(bytes, false);
    case EVENT_OOM_VICTIM:
      return DecodeOomVictim(bytes, oom_rung);
    case EVENT_RECLAIM_STALL:
      return DecodeReclaimStall(bytes);
    default:
      return Failure(ErrorKind::kInvalid, fmt::format("an event of the unknown kind {}", head->kind));
  }
}

}  // namespace loadline::agent

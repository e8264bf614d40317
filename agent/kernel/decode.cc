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
static_assert(offsetof(cgroup_lifecycle_event, path) == 56);
static_assert(sizeof(oom_victim_event) == 112);
static_assert(sizeof(reclaim_stall_event) == 56);
static_assert(offsetof(log_line_event, text) == 24);
static_assert(sizeof(cgroup_record) == 256);
static_assert(sizeof(moved_record) == 32);
static_assert(sizeof(slice_control) == 88);

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

LastReading LastReadingOf(const cgroup_lifecycle_event& record) {
  LastReading used;
  if (record.usage_ns != UNKNOWN) used.usage_ns = record.usage_ns;
  if (record.peak_pages != UNKNOWN) used.memory_peak = PagesToBytes(record.peak_pages);
  return used;
}

// The kernel's path of a cgroup so many levels below the top of what the agent sees, from there on; 0: all of
// it. Nothing when it was cut off: it would be the path of many.
std::string PathSeen(std::string_view path, std::uint32_t below_top) {
  if (path.size() >= CGROUP_PATH_MAX - 1) return {};
  if (below_top == 0) return std::string(path);
  std::size_t start = path.size();
  for (std::uint32_t level = 0; level < below_top && start > 0; ++level) {
    start = path.rfind('/', start - 1);
    if (start == std::string_view::npos) return {};
  }
  return std::string(path.substr(start));
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
  if (!born) return CgroupDied{.cgroup = Name(record.cgroup), .used = LastReadingOf(record)};
  const std::string_view path(reinterpret_cast<const char*>(bytes.data()) + kFixed, record.path_length);
  return CgroupBorn{.cgroup = Name(record.cgroup), .path = PathSeen(path, record.cgroup.below_top)};
}

Result<KernelEvent> DecodeOomVictim(std::span<const std::byte> bytes, wire::Rung rung) {
  const auto record = Read<oom_victim_event>(bytes);
  if (!record) return Failure(record.error());
  // A limit around the node leaves it as little as a machine that is full.
  const bool whole_machine =
      record->scope == OOM_SCOPE_MACHINE || record->owner.below_top == CGROUP_ELSEWHERE;
  return OomVictim{
      .boot_ns = record->head.ktime_ns,
      .victim = Name(record->victim),
      .whole_machine = whole_machine,
      .limit_owner = whole_machine ? KernelCgroup{} : Name(record->owner),
      .owner_usage = whole_machine ? 0 : PagesToBytes(record->owner_usage_pages),
      .owner_limit = whole_machine ? 0 : LimitToBytes(record->owner_limit_pages),
      .victim_rss = PagesToBytes(record->victim_rss_pages),
      .pid = record->pid,
      .oom_score_adj = record->oom_score_adj,
      .command = std::string(record->command, strnlen(record->command, sizeof(record->command))),
      .decision = record->decision,
      .group = record->group != 0,
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

Result<KernelEvent> DecodeLogLine(std::span<const std::byte> bytes) {
  constexpr std::size_t kFixed = offsetof(log_line_event, text);
  log_line_event record;
  if (bytes.size() < kFixed) return Failure(ErrorKind::kInvalid, "a line of the log without text");
  std::memcpy(&record, bytes.data(), kFixed);
  if (record.length > LOG_TEXT_MAX || bytes.size() < kFixed + record.length) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("a line of the log whose text of {} bytes is cut off", record.length));
  }
  return LogLine{.boot_ns = record.head.ktime_ns,
                 .text = std::string(reinterpret_cast<const char*>(bytes.data()) + kFixed, record.length)};
}

}  // namespace

bool IsElsewhere(std::span<const std::byte> bytes) {
  const auto record = Read<oom_victim_event>(bytes);
  return record && record->head.kind == EVENT_OOM_VICTIM && record->victim.below_top == CGROUP_ELSEWHERE;
}

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
    case EVENT_LOG_LINE:
      return DecodeLogLine(bytes);
    default:
      return Failure(ErrorKind::kInvalid, fmt::format("an event of the unknown kind {}", head->kind));
  }
}

}  // namespace loadline::agent

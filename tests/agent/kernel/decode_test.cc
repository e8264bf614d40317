#include "agent/kernel/decode.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "bpf/events.h"

namespace loadline::agent {
namespace {

template <typename Record>
std::vector<std::byte> Bytes(const Record& record, std::size_t size = sizeof(Record)) {
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), &record, std::min(size, sizeof(record)));
  return bytes;
}

cgroup_lifecycle_event Lifecycle(event_kind kind, std::string_view path) {
  cgroup_lifecycle_event event{};
  event.head = {.kind = kind, .size = 0, .ktime_ns = 5};
  event.cgroup = {.id = 77, .hierarchy = 4};
  event.path_length = static_cast<__u32>(path.size());
  std::memcpy(event.path, path.data(), path.size());
  return event;
}

std::size_t SizeOf(const cgroup_lifecycle_event& event) {
  return offsetof(cgroup_lifecycle_event, path) + event.path_length;
}

TEST(Decode, ABirthHasItsPathToTheLastByte) {
  const auto record = Lifecycle(EVENT_CGROUP_BORN, "/kubepods/burstable/pod1/abc");
  const auto event = Decode(Bytes(record, SizeOf(record)), wire::Rung::kOff);
  ASSERT_TRUE(event) << event.error().message;
  const auto& born = std::get<CgroupBorn>(*event);
  EXPECT_EQ(born.path, "/kubepods/burstable/pod1/abc");
  EXPECT_EQ(born.cgroup, (KernelCgroup{.hierarchy = 4, .id = 77}));
}

TEST(Decode, ABirthInAPartOfTheHierarchyHasThePathInThatPart) {
  auto record = Lifecycle(EVENT_CGROUP_BORN, "/docker/abc/kubelet.slice/pod1");
  const auto path = [&](std::uint32_t below_top) {
    record.cgroup.below_top = below_top;
    return std::get<CgroupBorn>(Decode(Bytes(record, SizeOf(record)), wire::Rung::kOff).value()).path;
  };
  EXPECT_EQ(path(1), "/pod1");
  EXPECT_EQ(path(2), "/kubelet.slice/pod1");
  EXPECT_EQ(path(0), "/docker/abc/kubelet.slice/pod1");
  EXPECT_EQ(path(40), "/docker/abc/kubelet.slice/pod1");
}

TEST(Decode, APathThatFillsTheKernelsBufferIsNone) {
  const auto path = [](std::size_t length) {
    const auto record = Lifecycle(EVENT_CGROUP_BORN, "/" + std::string(length - 1, 'x'));
    return std::get<CgroupBorn>(Decode(Bytes(record, SizeOf(record)), wire::Rung::kOff).value()).path;
  };
  EXPECT_EQ(path(CGROUP_PATH_MAX - 2).size(), CGROUP_PATH_MAX - 2);
  EXPECT_EQ(path(CGROUP_PATH_MAX - 1), "");
}

TEST(Decode, ALimitElsewhereIsTheMachines) {
  oom_victim_event record{};
  record.head.kind = EVENT_OOM_VICTIM;
  record.victim = {.id = 8, .hierarchy = 4, .below_top = 2};
  record.owner = {.id = 7, .hierarchy = 4, .below_top = CGROUP_ELSEWHERE};
  record.owner_limit_pages = 256;
  record.scope = OOM_SCOPE_CGROUP;
  EXPECT_FALSE(IsElsewhere(Bytes(record)));
  const auto kill = std::get<OomVictim>(Decode(Bytes(record), wire::Rung::kFexit).value());
  EXPECT_TRUE(kill.whole_machine);
  EXPECT_EQ(kill.limit_owner, KernelCgroup{});
  EXPECT_EQ(kill.owner_limit, 0);
}

TEST(Decode, AVictimElsewhereIsKnownAsSuch) {
  oom_victim_event record{};
  record.head.kind = EVENT_OOM_VICTIM;
  record.victim = {.id = 8, .hierarchy = 4, .below_top = CGROUP_ELSEWHERE};
  EXPECT_TRUE(IsElsewhere(Bytes(record)));
  EXPECT_FALSE(IsElsewhere(Bytes(record, 20)));
}

TEST(Decode, ADeathNeedsNoPath) {
  const auto record = Lifecycle(EVENT_CGROUP_DIED, "");
  const auto event = Decode(Bytes(record, SizeOf(record)), wire::Rung::kOff);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(std::get<CgroupDied>(*event).cgroup.id, 77U);
}

TEST(Decode, APathThatIsCutOffIsRefused) {
  const auto record = Lifecycle(EVENT_CGROUP_BORN, "/kubepods");
  EXPECT_FALSE(Decode(Bytes(record, SizeOf(record) - 1), wire::Rung::kOff));
  auto lying = record;
  lying.path_length = 1'000'000;
  EXPECT_FALSE(Decode(Bytes(lying), wire::Rung::kOff));
}

TEST(Decode, AnOomVictimIsInBytesAndCarriesTheRung) {
  oom_victim_event record{};
  record.head.kind = EVENT_OOM_VICTIM;
  record.victim = {.id = 8, .hierarchy = 0};
  record.owner = {.id = 7, .hierarchy = 0};
  record.owner_usage_pages = 255;
  record.owner_limit_pages = 256;
  record.victim_rss_pages = 10;
  record.pid = 4711;
  record.oom_score_adj = -998;
  record.scope = OOM_SCOPE_CGROUP;
  std::memcpy(record.command, "sixteen-byte-nam", 16);  // no terminating zero
  const auto event = Decode(Bytes(record), wire::Rung::kFexit);
  ASSERT_TRUE(event) << event.error().message;
  const auto& victim = std::get<OomVictim>(*event);
  const auto page = sysconf(_SC_PAGESIZE);
  EXPECT_EQ(victim.owner_usage, 255 * page);
  EXPECT_EQ(victim.owner_limit, 256 * page);
  EXPECT_EQ(victim.victim_rss, 10 * page);
  EXPECT_EQ(victim.pid, 4711U);
  EXPECT_EQ(victim.oom_score_adj, -998);
  EXPECT_EQ(victim.command, "sixteen-byte-nam");
  EXPECT_FALSE(victim.whole_machine);
  EXPECT_EQ(victim.seen_through, wire::Rung::kFexit);
}

TEST(Decode, ALimitOfAsMuchAsFitsIsNone) {
  EXPECT_EQ(LimitToBytes(0x7FFFFFFFFFFFFFFF / 4096), 0);
  EXPECT_EQ(LimitToBytes(256), 256 * sysconf(_SC_PAGESIZE));
}

TEST(Decode, BytesAreNeverFewerThanNone) {
  EXPECT_EQ(PagesToBytes(static_cast<std::uint64_t>(-3)), 0);
  EXPECT_GT(PagesToBytes(std::numeric_limits<std::int64_t>::max()), std::int64_t{1} << 62);
}

TEST(Decode, EveryShorterRecordIsRefusedAndNoneIsReadBeyondItsEnd) {
  oom_victim_event oom{};
  oom.head.kind = EVENT_OOM_VICTIM;
  reclaim_stall_event stall{};
  stall.head.kind = EVENT_RECLAIM_STALL;
  for (std::size_t size = 0; size < sizeof(oom); ++size) {
    EXPECT_FALSE(Decode(Bytes(oom, size), wire::Rung::kOff)) << size;
  }
  for (std::size_t size = 0; size < sizeof(stall); ++size) {
    EXPECT_FALSE(Decode(Bytes(stall, size), wire::Rung::kOff)) << size;
  }
}

TEST(Decode, ALineOfTheLogIsItsTextToTheLastByte) {
  constexpr std::string_view kText = "EXT4-fs (sda1): Remounting filesystem read-only";
  log_line_event record{};
  record.head = {.kind = EVENT_LOG_LINE, .size = 0, .ktime_ns = 5};
  record.length = kText.size();
  std::memcpy(record.text, kText.data(), kText.size());
  const std::size_t size = offsetof(log_line_event, text) + kText.size();
  const auto event = Decode(Bytes(record, size), wire::Rung::kOff);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(std::get<LogLine>(*event).text, kText);
  EXPECT_EQ(std::get<LogLine>(*event).boot_ns, 5U);
  EXPECT_FALSE(Decode(Bytes(record, size - 1), wire::Rung::kOff)) << "it is cut off";
  record.length = LOG_TEXT_MAX + 1;
  EXPECT_FALSE(Decode(Bytes(record), wire::Rung::kOff));
}

TEST(Decode, AnUnknownKindIsRefused) {
  reclaim_stall_event record{};
  record.head.kind = 99;
  EXPECT_FALSE(Decode(Bytes(record), wire::Rung::kOff));
}

}  // namespace
}  // namespace loadline::agent

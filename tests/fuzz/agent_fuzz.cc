// What an agent reads: the kernel's ring and its log, the files of cgroups and of /proc, the names of cgroups, its spool,
// rules for the log.
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/health/log_text.h"
#include "agent/health/pattern.h"
#include "agent/health/rule_engine.h"
#include "agent/health/rule_file.h"
#include "agent/host/cgroup_mounts.h"
#include "agent/host/counter_files.h"
#include "agent/host/disks.h"
#include "agent/host/machine.h"
#include "agent/identity/cgroup_path.h"
#include "agent/identity/display_name.h"
#include "agent/kernel/counters_of_record.h"
#include "agent/kernel/decode.h"
#include "agent/net/plain_answer.h"
#include "agent/platform/announcements.h"
#include "agent/uplink/crc32c.h"
#include "agent/uplink/spool.h"
#include "bpf/events.h"
#include "schemas/wire/scheduled_event.h"
#include "schemas/wire/text.h"
#include "tests/fuzz/readers.h"
#include "tests/support/temporary_folder.h"

namespace loadline::fuzz {
namespace {

using namespace agent;

void RequireAmounts(const CgroupCounters& counters) {
  if (!counters.memory) return;
  const MemoryCounters& memory = *counters.memory;
  for (const Bytes amount : {memory.current, memory.peak, memory.limit, memory.high, memory.min, memory.low,
                             memory.anon, memory.file, memory.kernel, memory.shmem, memory.inactive_file})
    Require(amount >= 0);
}

void RingEvent(std::string_view bytes) {
  const auto event = Decode(std::as_bytes(std::span(bytes)), wire::Rung::kFiles);
  if (!event) return Require(!event.error().message.empty());
  if (const auto* born = std::get_if<CgroupBorn>(&*event)) Require(born->path.size() <= bytes.size());
  if (const auto* victim = std::get_if<OomVictim>(&*event))
    Require(victim->owner_usage >= 0 && victim->owner_limit >= 0 && victim->victim_rss >= 0);
  if (const auto* stall = std::get_if<ReclaimStall>(&*event)) Require(stall->usage >= 0 && stall->limit >= 0);
}

void SnapshotRecord(std::string_view bytes) {
  cgroup_record record;
  if (bytes.size() < sizeof(record)) return;
  std::memcpy(&record, bytes.data(), sizeof(record));
  for (const HierarchyId hierarchy : {0, 1}) {
    CgroupCounters counters;
    Apply(record, hierarchy, counters);
    RequireAmounts(counters);
  }
}

// Every parser gets it: which file it would be makes no difference to the bytes.
void CgroupFile(std::string_view text) {
  for (const auto files : {UnifiedCounterFiles(), LegacyCounterFiles()}) {
    CgroupCounters counters;
    for (const CounterFile& file : files) (void)file.parse(text, counters);
    RequireAmounts(counters);
  }
  (void)ParsePressure(text);
}

void ProcFile(std::string_view text) {
  Require(ParseMeminfo(text, "MemTotal").value_or(0) >= 0);
  const int cpus = ParseCpuList(text);
  Require(cpus >= 0 && MilliCores{1000} * cpus >= 0 && cpus <= 1 << 16);
  (void)IsReadOnly(text, "254:0");
  std::string_view cgroups = text;
  const std::string_view mountinfo = Cut(cgroups, '\0');
  for (const CgroupHierarchy& each : ParseCgroupMounts(mountinfo, cgroups, "/sys/fs/cgroup"))
    Require(each.mount.starts_with("/sys/fs/cgroup"));
}

void CgroupName(std::string_view path) {
  const wire::CgroupIdentity who = IdentifyCgroup(path);
  Require(who.path == path && path.ends_with(who.sub_path));
  Require(who.kind != wire::CgroupKind::kPodContainer || (!who.pod_uid.empty() && !who.container_id.empty()));
  (void)DisplayName(who);
}

// Damaged as a disk damages, and with sums that are right although what they are of is not.
void SpoolFile(std::string_view bytes) {
  static const TemporaryFolder temporary;
  const std::filesystem::path folder = temporary.path();
  std::string content(bytes);
  constexpr std::size_t kHeader = 48, kCrc = 4, kSize = 8;
  for (std::size_t at = 0; at + kHeader <= content.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, content.data() + at + kSize, sizeof(size));
    if (size > content.size() - at - kHeader) break;
    const auto summed = std::as_bytes(std::span(content)).subspan(at + kSize, kHeader - kSize + size);
    const std::uint32_t crc = Crc32c(summed);
    if (static_cast<unsigned char>(content[at + kCrc]) == 0)
      std::memcpy(&content[at + kCrc], &crc, sizeof(crc));
    at += kHeader + size;
  }
  for (const auto& left : std::filesystem::directory_iterator(folder)) std::filesystem::remove(left);
  std::ofstream(folder / "spool-7", std::ios::binary) << content;
  auto spool = Spool::Open({.memory_bytes = 1 << 12, .directory = folder, .disk_bytes = 1 << 14});
  Require(spool.has_value());
  std::size_t given = 0;
  RecordKey last{};
  const std::size_t kept = spool->counts().records;
  if (const auto first = spool->first(); first && *first == RecordKey{}) ++given;  // none is after itself
  while (const auto next = spool->TakeAfter(last)) {
    Require(last < next->key && next->frame.size() <= bytes.size());
    last = next->key;
    ++given;
  }
  Require(given == kept);
  // And goes on.
  if (last.epoch < ~0ULL) spool->Add({.key = {.epoch = ~0ULL, .sequence = ~0ULL}, .frame = wire::Frame(100)});
  while (const auto first = spool->first()) (void)spool->Acknowledge(*first);
  Require(spool->counts().records == 0 && spool->counts().bytes == 0);
}

void KernelLog(std::string_view log) {
  LogText text;
  while (!log.empty()) {
    const std::string_view raw = Cut(log, '\n');
    for (const std::string_view words : text.Lines(raw))
      Require(!words.empty() && words.find('\n') == std::string_view::npos);
  }
}

void RulesOfTheLog(std::string_view json) {
  const auto file = ParseRuleFile("f", json);
  if (!file)
    return Require(file.error().message.starts_with("f: ") &&
                   file.error().message.size() < 300 + json.size());
  for (const LogRule& rule : file->rules)
    Require(!rule.reason.empty() && !rule.pattern.empty() && rule.buffer_lines > 0);
  Require(file->rules.empty() || file->without_rules.empty());
}

// A pattern, and behind a zero lines for it: a match is of whole lines and ends with the last, and none that is said to
// stay in a line leaves it.
void PatternOfTheLog(std::string_view bytes) {
  const std::string pattern(Cut(bytes, '\0'));
  if (pattern.size() > 100) return;
  const RE2 expression(pattern, RE2::Latin1);
  re2::StringPiece found;
  if (expression.ok() && StaysInOneLine(pattern) &&
      expression.Match({bytes.data(), bytes.size()}, 0, bytes.size(), RE2::UNANCHORED, &found, 1))
    Require(std::string_view(found.data(), found.size()).find('\n') == std::string_view::npos);
  auto engine = RuleEngine::Make(
      {{.file = "f", .condition = "", .reason = "R", .pattern = pattern, .buffer_lines = 3}});
  if (!engine) return Require(engine.error().message.starts_with("f: rule R: pattern "));
  while (!bytes.empty()) {
    const std::string_view line = Cut(bytes, '\n');
    for (const RuleMatch& match : engine->Next(line)) Require(match.text.ends_with(line));
  }
}

// What Azure's metadata service answers, whole and as it came; and the document of scheduled events in it.
void MetadataAnswer(std::string_view bytes) {
  const auto begun = ReadPlainAnswer(bytes, false);
  const auto answer = ReadPlainAnswer(bytes, true);
  if (begun && *begun) Require(answer && *answer && (*answer)->body == (*begun)->body);
  Require(!answer || (*answer && (*answer)->body.size() <= bytes.size()));
  Announcements announced("vm_0");
  const Wall now{std::chrono::seconds(1'764'600'000)};
  const auto told = announced.Read(answer ? (*answer)->body : bytes, now);
  if (!told) return Require(!told.error().message.empty());
  Require(told->size() <= wire::kScheduledKinds);
  for (const wire::HealthEvent& event : *told) {
    Require(event.message.size() < 1000 && wire::IsCleanText(event.message));
    Require(event.ended || wire::ScheduledEventOf(event.reason, event.message).has_value());
  }
}

constexpr std::array<Reader, 10> kReaders = {RingEvent,       SnapshotRecord, CgroupFile, ProcFile,
                                             CgroupName,      SpoolFile,      KernelLog,  RulesOfTheLog,
                                             PatternOfTheLog, MetadataAnswer};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

#include "schemas/wire/decode_report.h"

#include <iterator>
#include <type_traits>
#include <utility>

#include "schemas/wire/losses.h"
#include "schemas/wire/text.h"

namespace loadline::wire {
namespace {

// An event is news even where nobody can say whose it is.
CgroupIdentity ReadIdentityOfEvent(FrameReader& in, const fb::Identity& table) {
  return {.ref = table.ref(),
          .kind = in.Enum<CgroupKind>(std::to_underlying(table.kind()), CgroupKind::kPlain, "Identity.kind"),
          .qos = in.Enum<QosClass>(std::to_underlying(table.qos()), QosClass::kBestEffort, "Identity.qos"),
          .path = in.Text(table.path(), kMaxPath, "Identity.path"),
          .pod_uid = in.Text(table.pod_uid(), kMaxPodUid, "Identity.pod_uid"),
          .container_id = in.Text(table.container_id(), kMaxContainerId, "Identity.container_id"),
          .unit = in.Text(table.unit(), kMaxUnit, "Identity.unit"),
          .sub_path = in.Text(table.sub_path(), kMaxPath, "Identity.sub_path")};
}

CgroupIdentity ReadIdentity(FrameReader& in, const fb::Identity& table) {
  CgroupIdentity identity = ReadIdentityOfEvent(in, table);
  in.NotZero(identity.ref, "Identity.ref");
  if (!identity.IsNamed()) in.Fail(FrameFault::kMissingField, "Identity.path");
  return identity;
}

void SetOther(const fb::OtherStalls& stalls, PressureWindow& pressure) {
  pressure.memory_some_us = stalls.memory().some_us();
  pressure.memory_full_us = stalls.memory().full_us();
  pressure.io_some_us = stalls.io().some_us();
  pressure.io_full_us = stalls.io().full_us();
}

// Takes the entries of one column in order.
template <typename Vector>
class Column {
 public:
  Column(FrameReader& in, const Vector* entries, const char* name) : in_(in), entries_(entries), name_(name) {
    // The verifier looks at where a vector begins, not at what its entries need.
    using Entry = std::remove_const_t<std::remove_pointer_t<typename Vector::return_type>>;
    const bool aligned = !entries || reinterpret_cast<std::uintptr_t>(entries->Data()) % alignof(Entry) == 0;
    if (!aligned) in_.Fail(FrameFault::kTorn, name_);
  }

  [[nodiscard]] bool HasNext() const { return entries_ && next_ < entries_->size(); }

  // The next entry; a fault and nothing when there is none.
  auto Next() -> std::optional<typename Vector::return_type> {
    if (!in_.ok()) return std::nullopt;
    if (!HasNext()) return in_.Fail(FrameFault::kInconsistent, name_), std::nullopt;
    return entries_->Get(next_++);
  }

  // Every entry must belong to somebody.
  void ExpectEnd() {
    if (HasNext()) in_.Fail(FrameFault::kInconsistent, name_);
  }

 private:
  FrameReader& in_;
  const Vector* entries_;
  const char* name_;
  flatbuffers::uoffset_t next_ = 0;
};

// Puts the columns of a report back into one value for each container.
class ContainerReader {
 public:
  ContainerReader(FrameReader& in, const fb::Report& report)
      : in_(in),
        refs_(in, report.refs(), "Report.refs"),
        parts_(in, report.parts(), "Report.parts"),
        cpu_(in, report.cpu(), "Report.cpu"),
        bin_counts_(in, report.bin_counts(), "Report.bin_counts"),
        bins_(in, report.bins(), "Report.bins"),
        periods_(in, report.periods(), "Report.periods"),
        throttle_(in, report.throttle(), "Report.throttle"),
        memory_(in, report.memory(), "Report.memory"),
        shmem_(in, report.shmem(), "Report.shmem"),
        memory_events_(in, report.memory_events(), "Report.memory_events"),
        cpu_pressure_(in, report.cpu_pressure(), "Report.cpu_pressure"),
        other_pressure_(in, report.other_pressure(), "Report.other_pressure"),
        limits_(in, report.limits(), "Report.limits"),
        exits_(in, report.exits(), "Report.exits"),
        swap_(in, report.swap(), "Report.swap"),
        io_(in, report.io(), "Report.io"),
        counter_counts_(in, report.counter_counts(), "Report.counter_counts"),
        counters_(in, report.counters(), "Report.counters"),
        grown_(in, report.grown(), "Report.grown"),
        huge_pages_(in, report.huge_pages(), "Report.huge_pages"),
        cpu_bounds_(in, report.cpu_bounds(), "Report.cpu_bounds"),
        count_(in.Count(report.refs(), kMaxContainers, "Report.refs")) {}

  std::vector<ContainerWindow> Read() {
    std::vector<ContainerWindow> containers;
    containers.reserve(count_);
    std::uint32_t last = 0;
    while (containers.size() < count_ && in_.ok()) {
      const std::uint32_t ref = refs_.Next().value_or(0);
      if (ref <= last) in_.Fail(FrameFault::kInconsistent, "Report.refs");
      last = ref;
      containers.push_back(Next(ref));
    }
    ExpectEnd();
    return containers;
  }

 private:
  ContainerWindow Next(std::uint32_t ref) {
    ContainerWindow container{.ref = ref};
    const fb::Part parts = parts_.Next().value_or(fb::Part::NONE);
    // Parts that only a newer agent knows are columns that we do not see.
    if (parts == fb::Part::NONE) in_.Fail(FrameFault::kInconsistent, "Report.parts");
    if (Has(parts, fb::Part::Cpu)) container.cpu = NextCpu();
    if (Has(parts, fb::Part::Periods) || Has(parts, fb::Part::Throttle))
      container.throttle = NextThrottle(parts);
    if (Has(parts, fb::Part::Memory)) NextMemory(parts, container);
    if (Has(parts, fb::Part::Shmem) && !container.memory) in_.Fail(FrameFault::kInconsistent, "Report.shmem");
    if (Has(parts, fb::Part::Swap) && !container.memory) in_.Fail(FrameFault::kInconsistent, "Report.swap");
    if (Has(parts, fb::Part::MemoryEvents)) container.memory_events = NextMemoryEvents();
    if (Has(parts, fb::Part::CpuPressure) || Has(parts, fb::Part::OtherPressure)) {
      container.pressure = NextPressure(parts);
    }
    if (Has(parts, fb::Part::Limits)) container.limits = NextLimits();
    if (Has(parts, fb::Part::Exits)) container.exits = NextExits();
    if (Has(parts, fb::Part::Io)) container.io = NextIo();
    if (Has(parts, fb::Part::Counters)) container.counters = NextCounters();
    if (Has(parts, fb::Part::HugePages)) container.huge_pages = NextHugePages();
    if (Has(parts, fb::Part::CpuBounds)) container.cpu_bounds = NextCpuBounds();
    return container;
  }

  CpuWindow NextCpu() {
    CpuWindow cpu;
    if (const auto entry = cpu_.Next()) {
      cpu.usage_us = (*entry)->usage_us();
      cpu.run_queue_wait_us = (*entry)->run_queue_wait_us();
    }
    const int bins = bin_counts_.Next().value_or(0);
    cpu.one_second.reserve(static_cast<std::size_t>(bins));
    for (int i = 0, last = -1; i < bins && in_.ok(); ++i) {
      const auto bin = bins_.Next();
      if (!bin) break;
      if ((*bin)->bucket() >= kCpuBuckets || (*bin)->count() == 0) in_.Fail(FrameFault::kOutOfRange, "Bin");
      if ((*bin)->bucket() <= last) in_.Fail(FrameFault::kInconsistent, "Bin.bucket");
      last = (*bin)->bucket();
      cpu.one_second.push_back({(*bin)->bucket(), (*bin)->count()});
    }
    return cpu;
  }

  ThrottleWindow NextThrottle(fb::Part parts) {
    ThrottleWindow throttle;
    if (Has(parts, fb::Part::Periods)) throttle.periods = periods_.Next().value_or(0);
    if (!Has(parts, fb::Part::Throttle)) return throttle;
    if (const auto entry = throttle_.Next()) {
      throttle.throttled_periods = (*entry)->throttled_periods();
      throttle.throttled_us = (*entry)->throttled_us();
      throttle.episodes = (*entry)->episodes();
      throttle.longest_us = (*entry)->longest_us();
    }
    return throttle;
  }

  void NextMemory(fb::Part parts, ContainerWindow& container) {
    const auto entry = memory_.Next();
    if (!entry) return;
    const fb::Memory& m = **entry;
    const std::uint32_t shmem = Has(parts, fb::Part::Shmem) ? shmem_.Next().value_or(0) : 0;
    const std::uint32_t swap = Has(parts, fb::Part::Swap) ? swap_.Next().value_or(0) : 0;
    container.memory = MemoryWindow{.current = FromPages(m.current()),
                                    .peak = FromPages(m.peak()),
                                    .anon = FromPages(m.anon()),
                                    .file = FromPages(m.file()),
                                    .kernel = FromPages(m.kernel()),
                                    .shmem = FromPages(shmem),
                                    .inactive_file = FromPages(m.inactive_file()),
                                    .swap = FromPages(swap)};
    container.processes = m.processes();
  }

  MemoryEventsWindow NextMemoryEvents() {
    const auto entry = memory_events_.Next();
    if (!entry) return {};
    const fb::MemoryEvents& e = **entry;
    return {.low = e.low(),
            .high = e.high(),
            .max = e.max(),
            .oom = e.oom(),
            .oom_kill = e.oom_kill(),
            .oom_group_kill = e.oom_group_kill(),
            .refaults = e.refaults(),
            .reclaim_stalls = e.reclaim_stalls(),
            .reclaim_stall_us = e.reclaim_stall_us()};
  }

  PressureWindow NextPressure(fb::Part parts) {
    PressureWindow pressure;
    if (Has(parts, fb::Part::CpuPressure)) {
      if (const auto stall = cpu_pressure_.Next()) {
        pressure.cpu_some_us = (*stall)->some_us();
        pressure.cpu_full_us = (*stall)->full_us();
      }
    }
    if (Has(parts, fb::Part::OtherPressure)) {
      if (const auto stalls = other_pressure_.Next()) SetOther(**stalls, pressure);
    }
    return pressure;
  }

  CgroupLimits NextLimits() {
    const auto entry = limits_.Next();
    if (!entry) return {};
    const fb::Limits& l = **entry;
    return {.cpu_limit = l.cpu_limit_milli(),
            .cpu_request = l.cpu_request_milli(),
            .memory_limit = FromPages(l.memory_limit()),
            .memory_high = FromPages(l.memory_high()),
            .memory_request = FromPages(l.memory_request())};
  }

  ExitWindow NextExits() {
    const auto entry = exits_.Next();
    if (!entry) return {};
    return {.exits = (*entry)->exits(),
            .cpu_us = (*entry)->cpu_us(),
            .largest_rss = FromPages((*entry)->largest_rss())};
  }

  IoWindow NextIo() {
    const auto entry = io_.Next();
    if (!entry) return {};
    const fb::Io& io = **entry;
    return {.read_bytes = io.read_bytes(),
            .written_bytes = io.written_bytes(),
            .reads = io.reads(),
            .writes = io.writes()};
  }

  HugePagesWindow NextHugePages() {
    const auto entry = huge_pages_.Next();
    if (!entry) return {};
    return {.held = in_.Signed((*entry)->held(), "HugePages.held"),
            .limit = in_.Signed((*entry)->limit(), "HugePages.limit")};
  }

  CpuBounds NextCpuBounds() {
    const auto entry = cpu_bounds_.Next();
    if (!entry) return {};
    return {.cpus = (*entry)->cpus(), .burst_us = (*entry)->burst_us()};
  }

  // Counters that only a newer agent knows are passed over.
  SomeCounters NextCounters() {
    SomeCounters counters;
    const int count = counter_counts_.Next().value_or(0);
    for (int i = 0, last = -1; i < count && in_.ok(); ++i) {
      const int counter = counters_.Next().value_or(0);
      if (counter <= last) in_.Fail(FrameFault::kInconsistent, "Report.counters");
      last = counter;
      const std::uint64_t by = grown_.Next().value_or(0);
      if (static_cast<std::size_t>(counter) < std::size(kCounters))
        counters[static_cast<Counter>(counter)] = by;
    }
    return counters;
  }

  void ExpectEnd() {
    refs_.ExpectEnd();
    parts_.ExpectEnd();
    cpu_.ExpectEnd();
    bin_counts_.ExpectEnd();
    bins_.ExpectEnd();
    periods_.ExpectEnd();
    throttle_.ExpectEnd();
    memory_.ExpectEnd();
    shmem_.ExpectEnd();
    memory_events_.ExpectEnd();
    cpu_pressure_.ExpectEnd();
    other_pressure_.ExpectEnd();
    limits_.ExpectEnd();
    exits_.ExpectEnd();
    swap_.ExpectEnd();
    io_.ExpectEnd();
    counter_counts_.ExpectEnd();
    counters_.ExpectEnd();
    grown_.ExpectEnd();
    huge_pages_.ExpectEnd();
    cpu_bounds_.ExpectEnd();
  }

  template <typename T>
  using Structs = Column<flatbuffers::Vector<const T*>>;

  FrameReader& in_;
  Column<flatbuffers::Vector<std::uint32_t>> refs_;
  Column<flatbuffers::Vector<fb::Part>> parts_;
  Structs<fb::Cpu> cpu_;
  Column<flatbuffers::Vector<std::uint8_t>> bin_counts_;
  Structs<fb::Bin> bins_;
  Column<flatbuffers::Vector<std::uint32_t>> periods_;
  Structs<fb::Throttle> throttle_;
  Structs<fb::Memory> memory_;
  Column<flatbuffers::Vector<std::uint32_t>> shmem_;
  Structs<fb::MemoryEvents> memory_events_;
  Structs<fb::Stall> cpu_pressure_;
  Structs<fb::OtherStalls> other_pressure_;
  Structs<fb::Limits> limits_;
  Structs<fb::Exits> exits_;
  Column<flatbuffers::Vector<std::uint32_t>> swap_;
  Structs<fb::Io> io_;
  Column<flatbuffers::Vector<std::uint8_t>> counter_counts_;
  Column<flatbuffers::Vector<std::uint8_t>> counters_;
  Column<flatbuffers::Vector<std::uint64_t>> grown_;
  Structs<fb::HugePages> huge_pages_;
  Structs<fb::CpuBounds> cpu_bounds_;
  std::size_t count_;
};

NodeWindow ReadNode(FrameReader& in, const fb::Node& table) {
  NodeWindow node{.memory_available = in.Signed(table.memory_available(), "Node.memory_available"),
                  .pressure = {},
                  .disks = {},
                  .cgroups = table.cgroups(),
                  .dying_cgroups = table.dying_cgroups()};
  if (table.cpu_pressure()) {
    node.pressure.cpu_some_us = table.cpu_pressure()->some_us();
    node.pressure.cpu_full_us = table.cpu_pressure()->full_us();
  }
  if (table.other_pressure()) SetOther(*table.other_pressure(), node.pressure);
  for (std::size_t i = 0; i < in.Count(table.disks(), kMaxDisks, "Node.disks"); ++i) {
    const fb::Disk& disk = *table.disks()->Get(i);
    node.disks.push_back({.path = in.NonEmpty(disk.path(), kMaxPath, "Disk.path"),
                          .free = in.Signed(disk.free(), "Disk.free"),
                          .total = in.Signed(disk.total(), "Disk.total"),
                          .read_only = disk.read_only()});
  }
  return node;
}

Report ReadReport(FrameReader& in, const fb::Report& table) {
  Report report{.window_start_ns = table.window_start(),
                .window_end_ns = table.window_end(),
                .samples = table.samples(),
                .more = table.more(),
                .identities = {},
                .gone = {},
                .containers = {},
                .node = {},
                .losses = ReadLosses(table.losses()),
                .agent_cpu_us = table.agent_cpu_us(),
                .agent_rss = in.Signed(table.agent_rss(), "Report.agent_rss"),
                .backed_off = table.backed_off(),
                .longest_walk_us = table.longest_walk_us()};
  if (report.window_end_ns < report.window_start_ns) in.Fail(FrameFault::kOutOfRange, "Report.window_end");
  const std::size_t identities = in.Count(table.identities(), kMaxIdentities, "Report.identities");
  report.identities.reserve(identities);
  for (std::size_t i = 0; i < identities && in.ok(); ++i) {
    report.identities.push_back(ReadIdentity(in, *table.identities()->Get(i)));
  }
  const std::size_t gone = in.Count(table.gone(), kMaxGone, "Report.gone");
  if (gone != 0) report.gone.assign(table.gone()->begin(), table.gone()->end());
  report.containers = ContainerReader(in, table).Read();
  if (table.node()) report.node = ReadNode(in, *table.node());
  return report;
}

OomKill ReadOomKill(FrameReader& in, const fb::OomKill& table) {
  if (!table.victim()) return in.Fail(FrameFault::kMissingField, "OomKill.victim"), OomKill{};
  OomKill kill{.at_ns = table.at(),
               .victim = ReadIdentityOfEvent(in, *table.victim()),
               .limit_owner = {},
               .owner_usage = in.Signed(table.owner_usage(), "OomKill.owner_usage"),
               .owner_limit = in.Signed(table.owner_limit(), "OomKill.owner_limit"),
               .victim_rss = in.Signed(table.victim_rss(), "OomKill.victim_rss"),
               .pid = table.pid(),
               .command = in.Text(table.command(), kMaxCommand, "OomKill.command"),
               .oom_score_adj = table.oom_score_adj(),
               .seen_through = in.Enum<Rung>(table.seen_through(), Rung::kOff, "OomKill.seen_through"),
               .decision = table.decision(),
               .group = table.group()};
  if (table.limit_owner()) kill.limit_owner = ReadIdentityOfEvent(in, *table.limit_owner());
  return kill;
}

MemoryStall ReadMemoryStall(FrameReader& in, const fb::MemoryStall& table) {
  if (!table.cgroup()) return in.Fail(FrameFault::kMissingField, "MemoryStall.cgroup"), MemoryStall{};
  return {.at_ns = table.at(),
          .cgroup = ReadIdentityOfEvent(in, *table.cgroup()),
          .stall_us = table.stall_us(),
          .usage = in.Signed(table.usage(), "MemoryStall.usage"),
          .limit = in.Signed(table.limit(), "MemoryStall.limit")};
}

HealthEvent ReadHealthEvent(FrameReader& in, const fb::HealthEvent& table) {
  HealthEvent event{.at_ns = table.at(),
                    .source = in.Text(table.source(), kMaxSource, "HealthEvent.source"),
                    .condition = in.Text(table.condition(), kMaxReason, "HealthEvent.condition"),
                    .reason = in.Text(table.reason(), kMaxReason, "HealthEvent.reason"),
                    .message = in.Text(table.message(), kMaxEvidence, "HealthEvent.message"),
                    .times = table.times(),
                    .ended = table.ended()};
  if (event.reason.empty()) in.Fail(FrameFault::kMissingField, "HealthEvent.reason");
  return event;
}

}  // namespace

std::expected<Message, BadFrame> ReadRecord(FrameReader& in, const fb::Record& table) {
  Record record{.epoch = in.NotZero(table.epoch(), "Record.epoch"),
                .sequence = in.NotZero(table.sequence(), "Record.sequence"),
                .body = {},
                .made = {.mono_ns = table.mono(), .wall_ns = table.wall()}};
  // The verifier is content with a union that names its kind and holds nothing.
  if (!table.body()) in.Fail(FrameFault::kMissingField, "Record.body");
  if (!in.ok()) return in.Finish(std::move(record));
  switch (table.body_type()) {
    case fb::Body::Report:
      record.body = ReadReport(in, *table.body_as_Report());
      break;
    case fb::Body::OomKill:
      record.body = Event(ReadOomKill(in, *table.body_as_OomKill()));
      break;
    case fb::Body::MemoryStall:
      record.body = Event(ReadMemoryStall(in, *table.body_as_MemoryStall()));
      break;
    case fb::Body::HealthEvent:
      record.body = Event(ReadHealthEvent(in, *table.body_as_HealthEvent()));
      break;
    default:
      in.Fail(FrameFault::kUnknownKind, "Record.body");
  }
  return in.Finish(std::move(record));
}

}  // namespace loadline::wire

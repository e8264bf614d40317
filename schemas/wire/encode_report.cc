#include "schemas/wire/encode_report.h"

#include <utility>
#include <vector>

#include "schemas/wire/losses.h"
#include "schemas/wire/text.h"

namespace loadline::wire {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

std::uint64_t Unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

std::uint32_t Narrow(MilliCores value) {
  return static_cast<std::uint32_t>(
      std::clamp<MilliCores>(value, 0, std::numeric_limits<std::uint32_t>::max()));
}

// A vector; nothing when it would be empty.
template <typename T>
auto WriteList(FlatBufferBuilder& out, const std::vector<T>& list) {
  return list.empty() ? decltype(out.CreateVector(list))() : out.CreateVector(list);
}
template <typename T>
auto WriteStructs(FlatBufferBuilder& out, const std::vector<T>& list) {
  return list.empty() ? decltype(out.CreateVectorOfStructs(list))() : out.CreateVectorOfStructs(list);
}

Offset<fb::Identity> Write(FlatBufferBuilder& out, const CgroupIdentity& identity) {
  const auto path = WriteText(out, identity.path, kMaxPath);
  const auto pod_uid = WriteText(out, identity.pod_uid, kMaxPodUid);
  const auto container_id = WriteText(out, identity.container_id, kMaxContainerId);
  const auto unit = WriteText(out, identity.unit, kMaxUnit);
  const auto sub_path = WriteText(out, identity.sub_path, kMaxPath);
  return fb::CreateIdentity(out, identity.ref, static_cast<fb::CgroupKind>(identity.kind),
                            static_cast<fb::QosClass>(identity.qos), path, pod_uid, container_id, unit,
                            sub_path);
}

fb::OtherStalls OtherStallsOf(const PressureWindow& pressure) {
  return {{pressure.memory_some_us, pressure.memory_full_us}, {pressure.io_some_us, pressure.io_full_us}};
}

bool IsZero(const fb::OtherStalls& stalls) {
  return stalls.memory().some_us() == 0 && stalls.memory().full_us() == 0 && stalls.io().some_us() == 0 &&
         stalls.io().full_us() == 0;
}

// The columns of a report while they are gathered: a vector for each part, in the order of `refs`.
class Columns {
 public:
  explicit Columns(const std::vector<ContainerWindow>& containers) {
    refs_.reserve(containers.size());
    parts_.reserve(containers.size());
    cpu_.reserve(containers.size());
    memory_.reserve(containers.size());
    for (const ContainerWindow& container : containers) Add(container);
  }

  // The fields of the report table that hold columns; empty ones are absent.
  struct Written {
    Offset<flatbuffers::Vector<std::uint32_t>> refs, periods, shmem, swap;
    Offset<flatbuffers::Vector<fb::Part>> parts;
    Offset<flatbuffers::Vector<const fb::Cpu*>> cpu;
    Offset<flatbuffers::Vector<std::uint8_t>> bin_counts, counter_counts, counters;
    Offset<flatbuffers::Vector<std::uint64_t>> grown;
    Offset<flatbuffers::Vector<const fb::Bin*>> bins;
    Offset<flatbuffers::Vector<const fb::Throttle*>> throttle;
    Offset<flatbuffers::Vector<const fb::Memory*>> memory;
    Offset<flatbuffers::Vector<const fb::MemoryEvents*>> memory_events;
    Offset<flatbuffers::Vector<const fb::Stall*>> cpu_pressure;
    Offset<flatbuffers::Vector<const fb::OtherStalls*>> other_pressure;
    Offset<flatbuffers::Vector<const fb::Limits*>> limits;
    Offset<flatbuffers::Vector<const fb::Exits*>> exits;
    Offset<flatbuffers::Vector<const fb::Io*>> io;
    Offset<flatbuffers::Vector<const fb::HugePages*>> huge_pages;
    Offset<flatbuffers::Vector<const fb::CpuBounds*>> cpu_bounds;
  };

  Written Write(FlatBufferBuilder& out) const {
    return {.refs = WriteList(out, refs_),
            .periods = WriteList(out, periods_),
            .shmem = WriteList(out, shmem_),
            .swap = WriteList(out, swap_),
            .parts = WriteList(out, parts_),
            .cpu = WriteStructs(out, cpu_),
            .bin_counts = WriteList(out, bin_counts_),
            .counter_counts = WriteList(out, counter_counts_),
            .counters = WriteList(out, counters_),
            .grown = WriteList(out, grown_),
            .bins = WriteStructs(out, bins_),
            .throttle = WriteStructs(out, throttle_),
            .memory = WriteStructs(out, memory_),
            .memory_events = WriteStructs(out, memory_events_),
            .cpu_pressure = WriteStructs(out, cpu_pressure_),
            .other_pressure = WriteStructs(out, other_pressure_),
            .limits = WriteStructs(out, limits_),
            .exits = WriteStructs(out, exits_),
            .io = WriteStructs(out, io_),
            .huge_pages = WriteStructs(out, huge_pages_),
            .cpu_bounds = WriteStructs(out, cpu_bounds_)};
  }

 private:
  void Add(const ContainerWindow& container) {
    std::uint16_t parts = 0;
    const auto part = [&parts](bool present, fb::Part which) {
      if (present) parts |= std::to_underlying(which);
      return present;
    };
    if (part(container.cpu && *container.cpu != CpuWindow{}, fb::Part::Cpu)) AddCpu(*container.cpu);
    if (container.throttle) {
      const ThrottleWindow& t = *container.throttle;
      if (part(t.periods != 0, fb::Part::Periods)) periods_.push_back(t.periods);
      const bool stopped = t.throttled_us || t.throttled_periods || t.episodes || t.longest_us;
      if (part(stopped, fb::Part::Throttle)) {
        throttle_.emplace_back(t.throttled_us, t.throttled_periods, t.episodes, t.longest_us, 0);
      }
    }
    if (part(container.memory.has_value(), fb::Part::Memory)) {
      const MemoryWindow& m = *container.memory;
      memory_.emplace_back(ToPages(m.current), ToPages(m.peak), ToPages(m.anon), ToPages(m.file),
                           ToPages(m.kernel), ToPages(m.inactive_file), container.processes);
      if (part(ToPages(m.shmem) != 0, fb::Part::Shmem)) shmem_.push_back(ToPages(m.shmem));
      if (part(ToPages(m.swap) != 0, fb::Part::Swap)) swap_.push_back(ToPages(m.swap));
    }
    if (part(container.memory_events && *container.memory_events != MemoryEventsWindow{},
             fb::Part::MemoryEvents)) {
      const MemoryEventsWindow& e = *container.memory_events;
      memory_events_.emplace_back(e.low, e.high, e.max, e.oom, e.oom_kill, e.oom_group_kill, e.refaults,
                                  e.reclaim_stalls, e.reclaim_stall_us);
    }
    if (container.pressure) {
      const PressureWindow& p = *container.pressure;
      if (part(p.cpu_some_us || p.cpu_full_us, fb::Part::CpuPressure)) {
        cpu_pressure_.emplace_back(p.cpu_some_us, p.cpu_full_us);
      }
      const fb::OtherStalls other = OtherStallsOf(p);
      if (part(!IsZero(other), fb::Part::OtherPressure)) other_pressure_.push_back(other);
    }
    if (part(container.limits.has_value(), fb::Part::Limits)) {
      const CgroupLimits& l = *container.limits;
      limits_.emplace_back(Narrow(l.cpu_limit), Narrow(l.cpu_request), ToPages(l.memory_limit),
                           ToPages(l.memory_high), ToPages(l.memory_request));
    }
    if (part(container.exits && *container.exits != ExitWindow{}, fb::Part::Exits)) {
      const ExitWindow& x = *container.exits;
      exits_.emplace_back(x.cpu_us, x.exits, ToPages(x.largest_rss));
    }
    if (part(container.io && *container.io != IoWindow{}, fb::Part::Io)) {
      const IoWindow& io = *container.io;
      io_.emplace_back(io.read_bytes, io.written_bytes, io.reads, io.writes);
    }
    if (part(!container.counters.empty(), fb::Part::Counters)) AddCounters(container.counters);
    if (part(container.huge_pages.has_value(), fb::Part::HugePages))
      huge_pages_.emplace_back(Unsigned(container.huge_pages->held), Unsigned(container.huge_pages->limit));
    if (part(container.cpu_bounds.has_value(), fb::Part::CpuBounds))
      cpu_bounds_.emplace_back(container.cpu_bounds->cpus, container.cpu_bounds->burst_us);
    if (parts == 0) return;
    refs_.push_back(container.ref);
    parts_.push_back(static_cast<fb::Part>(parts));
  }

  void AddCpu(const CpuWindow& cpu) {
    cpu_.emplace_back(cpu.usage_us, cpu.run_queue_wait_us);
    bin_counts_.push_back(static_cast<std::uint8_t>(cpu.one_second.size()));
    for (const CpuWindow::Bin& bin : cpu.one_second) bins_.emplace_back(bin.bucket, bin.count);
  }

  void AddCounters(const SomeCounters& counters) {
    counter_counts_.push_back(static_cast<std::uint8_t>(counters.size()));
    for (const auto& [counter, by] : counters) {
      counters_.push_back(std::to_underlying(counter));
      grown_.push_back(by);
    }
  }

  std::vector<std::uint32_t> refs_, periods_, shmem_, swap_;
  std::vector<fb::Part> parts_;
  std::vector<fb::Cpu> cpu_;
  std::vector<std::uint8_t> bin_counts_, counter_counts_, counters_;
  std::vector<std::uint64_t> grown_;
  std::vector<fb::Bin> bins_;
  std::vector<fb::Throttle> throttle_;
  std::vector<fb::Memory> memory_;
  std::vector<fb::MemoryEvents> memory_events_;
  std::vector<fb::Stall> cpu_pressure_;
  std::vector<fb::OtherStalls> other_pressure_;
  std::vector<fb::Limits> limits_;
  std::vector<fb::Exits> exits_;
  std::vector<fb::Io> io_;
  std::vector<fb::HugePages> huge_pages_;
  std::vector<fb::CpuBounds> cpu_bounds_;
};

Offset<fb::Node> Write(FlatBufferBuilder& out, const NodeWindow& node) {
  std::vector<Offset<fb::Disk>> disks;
  for (const NodeWindow::Disk& disk : node.disks) {
    if (disks.size() == kMaxDisks) break;
    disks.push_back(fb::CreateDisk(out, WriteText(out, disk.path, kMaxPath), Unsigned(disk.free),
                                   Unsigned(disk.total), disk.read_only));
  }
  const auto disk_list = WriteList(out, disks);
  const fb::Stall cpu{node.pressure.cpu_some_us, node.pressure.cpu_full_us};
  const fb::OtherStalls other = OtherStallsOf(node.pressure);
  return fb::CreateNode(out, Unsigned(node.memory_available), &cpu, &other, disk_list, node.cgroups,
                        node.dying_cgroups);
}

Offset<fb::Report> Write(FlatBufferBuilder& out, const Report& report) {
  std::vector<Offset<fb::Identity>> identities;
  identities.reserve(report.identities.size());
  for (const CgroupIdentity& identity : report.identities) identities.push_back(Write(out, identity));
  const auto identity_list = WriteList(out, identities);
  const auto gone = WriteList(out, report.gone);
  const Columns::Written columns = Columns(report.containers).Write(out);
  const auto node = Write(out, report.node);
  const auto losses = WriteLosses<fb::Losses>(out, report.losses);
  fb::ReportBuilder table(out);
  // A wall clock may be set back within a window.
  table.add_window_start(std::min(report.window_start_ns, report.window_end_ns));
  table.add_window_end(report.window_end_ns);
  table.add_samples(report.samples);
  table.add_more(report.more);
  table.add_identities(identity_list);
  table.add_gone(gone);
  table.add_refs(columns.refs);
  table.add_parts(columns.parts);
  table.add_cpu(columns.cpu);
  table.add_bin_counts(columns.bin_counts);
  table.add_bins(columns.bins);
  table.add_periods(columns.periods);
  table.add_throttle(columns.throttle);
  table.add_memory(columns.memory);
  table.add_shmem(columns.shmem);
  table.add_memory_events(columns.memory_events);
  table.add_cpu_pressure(columns.cpu_pressure);
  table.add_other_pressure(columns.other_pressure);
  table.add_limits(columns.limits);
  table.add_exits(columns.exits);
  table.add_node(node);
  table.add_losses(losses);
  table.add_agent_cpu_us(report.agent_cpu_us);
  table.add_agent_rss(Unsigned(report.agent_rss));
  table.add_swap(columns.swap);
  table.add_io(columns.io);
  table.add_backed_off(report.backed_off);
  table.add_longest_walk_us(report.longest_walk_us);
  table.add_counter_counts(columns.counter_counts);
  table.add_counters(columns.counters);
  table.add_grown(columns.grown);
  table.add_huge_pages(columns.huge_pages);
  table.add_cpu_bounds(columns.cpu_bounds);
  return table.Finish();
}

Offset<fb::OomKill> Write(FlatBufferBuilder& out, const OomKill& kill) {
  const auto victim = Write(out, kill.victim);
  const auto owner = kill.limit_owner ? Write(out, *kill.limit_owner) : Offset<fb::Identity>();
  const auto command = WriteText(out, kill.command, kMaxCommand);
  return fb::CreateOomKill(out, kill.at_ns, victim, owner, Unsigned(kill.owner_usage),
                           Unsigned(kill.owner_limit), Unsigned(kill.victim_rss), kill.pid, command,
                           kill.oom_score_adj, std::to_underlying(kill.seen_through), kill.decision,
                           kill.group);
}

Offset<fb::MemoryStall> Write(FlatBufferBuilder& out, const MemoryStall& stall) {
  const auto cgroup = Write(out, stall.cgroup);
  return fb::CreateMemoryStall(out, stall.at_ns, cgroup, stall.stall_us, Unsigned(stall.usage),
                               Unsigned(stall.limit));
}

Offset<fb::HealthEvent> Write(FlatBufferBuilder& out, const HealthEvent& event) {
  const auto source = WriteText(out, event.source, kMaxSource);
  const auto condition = WriteText(out, event.condition, kMaxReason);
  const auto reason = WriteText(out, event.reason, kMaxReason);
  const auto message = WriteText(out, event.message, kMaxEvidence);
  return fb::CreateHealthEvent(out, event.at_ns, source, condition, reason, message, event.times,
                               event.ended);
}

struct Body {
  fb::Body kind;
  Offset<void> table;
};

template <typename Table>
Body AsBody(Offset<Table> table) {
  return {fb::BodyTraits<Table>::enum_value, table.Union()};
}

}  // namespace

Offset<flatbuffers::String> WriteText(FlatBufferBuilder& out, std::string_view text, std::size_t bound) {
  if (text.empty()) return {};
  if (text.size() <= bound && IsCleanText(text)) return out.CreateString(text.data(), text.size());
  return out.CreateString(CleanText(text, bound));
}

void WriteRecord(FlatBufferBuilder& out, const Record& record) {
  const auto* report = std::get_if<Report>(&record.body);
  const auto write = [&](const auto& event) { return AsBody(Write(out, event)); };
  const Body body = report ? write(*report) : std::visit(write, std::get<Event>(record.body));
  fb::FinishRecordBuffer(out, fb::CreateRecord(out, record.epoch, record.sequence, body.kind, body.table,
                                               record.made.mono_ns, record.made.wall_ns));
}

}  // namespace loadline::wire

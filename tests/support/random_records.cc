#include "tests/support/random_records.h"

#include <algorithm>
#include <limits>

#include "schemas/wire/text.h"

namespace loadline::test {

std::uint64_t RandomRecords::Number(std::uint64_t most) {
  const std::uint64_t any = (std::uint64_t{random_()} << 32) | random_();
  switch (random_() % 10) {
    case 0:
      return most;
    case 1:
      return 0;
    case 2:
      return most == std::numeric_limits<std::uint64_t>::max() ? any : any % (most + 1);
    default:
      return any % (std::min<std::uint64_t>(most, 1000) + 1);
  }
}

std::string RandomRecords::Text(std::size_t most) {
  static const std::string kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-./_ \"\\<>&";
  std::string text(Number(std::min<std::size_t>(most, 64)) % (most + 1), ' ');
  for (char& c : text) c = kLetters[random_() % kLetters.size()];
  return text;
}

wire::CgroupIdentity RandomRecords::Identity() {
  return {.ref = std::max(1u, Count()),
          .kind = static_cast<wire::CgroupKind>(random_() % 7),
          .qos = static_cast<wire::QosClass>(random_() % 4),
          .path = Name(wire::kMaxPath),
          .pod_uid = Text(wire::kMaxPodUid),
          .container_id = Text(wire::kMaxContainerId),
          .unit = Text(wire::kMaxUnit),
          .sub_path = Text(wire::kMaxPath)};
}

wire::ContainerWindow RandomRecords::Container(std::uint32_t ref) {
  wire::ContainerWindow c{.ref = ref};
  // One that is never zero, so that the container is not left out.
  c.throttle = wire::ThrottleWindow{.periods = std::max(1u, Count())};
  if (Maybe()) {
    c.cpu = wire::CpuWindow{.usage_us = std::max(1u, Count()), .run_queue_wait_us = Count()};
    for (int bucket = static_cast<int>(random_() % 100); bucket < 176; bucket += 1 + random_() % 80) {
      c.cpu->one_second.push_back({.bucket = static_cast<std::uint8_t>(bucket),
                                   .count = static_cast<std::uint8_t>(1 + random_() % 255)});
    }
  }
  if (Maybe()) {
    *c.throttle = {.periods = c.throttle->periods,
                   .throttled_periods = Count(),
                   .throttled_us = Number(std::numeric_limits<std::uint64_t>::max()),
                   .episodes = Count(),
                   .longest_us = Count()};
  }
  if (Maybe()) {
    c.memory = wire::MemoryWindow{.current = Pages(),
                                  .peak = Pages(),
                                  .anon = Pages(),
                                  .file = Pages(),
                                  .kernel = Pages(),
                                  .shmem = Pages(),
                                  .inactive_file = Pages(),
                                  .swap = Maybe() ? Pages() : 0};
    c.processes = Count();
  }
  if (Maybe()) {
    c.memory_events = wire::MemoryEventsWindow{.low = Count(),
                                               .high = Count(),
                                               .max = std::max(1u, Count()),
                                               .oom = Count(),
                                               .oom_kill = Count(),
                                               .oom_group_kill = Count(),
                                               .refaults = Count(),
                                               .reclaim_stalls = Count(),
                                               .reclaim_stall_us = Count()};
  }
  if (Maybe()) {
    c.pressure = wire::PressureWindow{.cpu_some_us = std::max(1u, Count()),
                                      .cpu_full_us = Count(),
                                      .memory_some_us = Count(),
                                      .memory_full_us = Count(),
                                      .io_some_us = Count(),
                                      .io_full_us = Count()};
  }
  if (Maybe()) {
    c.limits = wire::CgroupLimits{.cpu_limit = Count(),
                                  .cpu_request = Count(),
                                  .memory_limit = Pages(),
                                  .memory_high = Pages(),
                                  .memory_request = Pages()};
  }
  if (Maybe()) {
    c.exits = wire::ExitWindow{.exits = std::max(1u, Count()),
                               .cpu_us = Number(std::numeric_limits<std::uint64_t>::max()),
                               .largest_rss = Pages()};
  }
  if (Maybe()) {
    c.io = wire::IoWindow{.read_bytes = Number(1ull << 62),
                          .written_bytes = Number(1ull << 62),
                          .reads = std::max(1u, Count()),
                          .writes = Count()};
  }
  if (Maybe())
    c.huge_pages = wire::HugePagesWindow{.held = static_cast<Bytes>(Number(1ull << 62)),
                                         .limit = static_cast<Bytes>(Number(1ull << 62))};
  if (Maybe()) c.cpu_bounds = wire::CpuBounds{.cpus = Count(), .burst_us = Count()};
  for (const wire::CounterRow& row : wire::kCounters) {
    if (Maybe()) c.counters[row.counter] = Number(std::numeric_limits<std::uint64_t>::max());
  }
  return c;
}

wire::NodeWindow RandomRecords::Node() {
  wire::NodeWindow node{.memory_available = Size(),
                        .pressure = {.cpu_some_us = Count(),
                                     .cpu_full_us = Count(),
                                     .memory_some_us = Count(),
                                     .memory_full_us = Count(),
                                     .io_some_us = Count(),
                                     .io_full_us = Count()}};
  for (std::uint64_t disks = Number(3); disks > 0; --disks) {
    node.disks.push_back(
        {.path = Name(wire::kMaxPath), .free = Size(), .total = Size(), .read_only = Maybe()});
    if (node.disks.size() == 3) break;
  }
  node.cgroups = Count();
  node.dying_cgroups = Count();
  return node;
}

wire::ClockReading RandomRecords::Clocks() {
  return {.mono_ns = static_cast<std::int64_t>(random_()), .wall_ns = static_cast<std::int64_t>(random_())};
}

wire::Report RandomRecords::Report(int containers) {
  wire::Report report{.window_start_ns = static_cast<std::int64_t>(Number(1ull << 60)), .samples = Count()};
  report.window_end_ns = report.window_start_ns + static_cast<std::int64_t>(Number(1ull << 40));
  report.more = Maybe();
  for (std::uint64_t i = Number(3) % 4; i > 0; --i) report.identities.push_back(Identity());
  for (std::uint64_t i = Number(3) % 4; i > 0; --i) report.gone.push_back(Count());
  std::uint32_t ref = 0;
  for (int i = 0; i < containers; ++i) report.containers.push_back(Container(ref += 1 + random_() % 1000));
  report.node = Node();
  if (Maybe()) {
    report.losses = {.ring_full = Number(1ull << 60),
                     .map_full = Number(1ull << 60),
                     .unknown_cgroup = Number(1ull << 60),
                     .bad_event = Number(1ull << 60),
                     .failed_readings = Number(1ull << 60),
                     .missed_samples = Number(1ull << 60),
                     .spool_dropped_reports = Number(1ull << 60),
                     .spool_dropped_events = Number(1ull << 60),
                     .log_records = Number(1ull << 60)};
  }
  report.agent_cpu_us = Number(1ull << 60);
  report.agent_rss = Size();
  report.backed_off = static_cast<std::uint8_t>(Number(4));
  report.longest_walk_us = Count();
  return report;
}

wire::OomKill RandomRecords::OomKill() {
  wire::OomKill kill{.at_ns = static_cast<std::int64_t>(Number(1ull << 60)),
                     .victim = Identity(),
                     .owner_usage = Size(),
                     .owner_limit = Size(),
                     .victim_rss = Size(),
                     .pid = Count(),
                     .command = Text(wire::kMaxCommand),
                     .oom_score_adj = static_cast<std::int32_t>(Number(2000)) - 1000,
                     .seen_through = static_cast<wire::Rung>(random_() % 6),
                     .decision = random_(),
                     .group = Maybe()};
  if (Maybe()) kill.limit_owner = Identity();
  return kill;
}

wire::MemoryStall RandomRecords::MemoryStall() {
  return {.at_ns = static_cast<std::int64_t>(Number(1ull << 60)),
          .cgroup = Identity(),
          .stall_us = Count(),
          .usage = Size(),
          .limit = Size()};
}

wire::HealthEvent RandomRecords::HealthEvent() {
  return {.at_ns = static_cast<std::int64_t>(Number(1ull << 60)),
          .source = Text(wire::kMaxSource),
          .condition = Text(wire::kMaxReason),
          .reason = Name(wire::kMaxReason),
          .message = Text(wire::kMaxEvidence),
          .times = Count(),
          .ended = Maybe()};
}

wire::Record RandomRecords::Record() {
  wire::Record record{
      .epoch = 1 + Number(1ull << 62), .sequence = 1 + Number(1ull << 62), .body = {}, .made = Clocks()};
  switch (random_() % 4) {
    case 0:
      record.body = Report(static_cast<int>(random_() % 20));
      break;
    case 1:
      record.body = wire::Event(OomKill());
      break;
    case 2:
      record.body = wire::Event(MemoryStall());
      break;
    default:
      record.body = wire::Event(HealthEvent());
      break;
  }
  return record;
}

wire::Hello RandomRecords::Hello() {
  wire::Hello hello{.major = static_cast<std::uint16_t>(Number(0xffff)),
                    .minor = static_cast<std::uint16_t>(Number(0xffff)),
                    .node = Name(wire::kMaxNode),
                    .boot_id = Text(wire::kMaxBootId),
                    .epoch = 1 + Number(1ull << 62),
                    .first_sequence = 1 + Number(1ull << 62),
                    .agent_version = Text(wire::kMaxVersion),
                    .kernel_version = Text(wire::kMaxVersion),
                    .capacity = {.cpu = static_cast<MilliCores>(Number(1ull << 40)), .memory = Size()},
                    .window_ms = Count(),
                    .token = Text(wire::kMaxToken),
                    .clocks = Clocks(),
                    .probes = Maybe()};
  for (int i = 0; i < wire::kSignalCount; ++i) {
    hello.signals.push_back({.signal = static_cast<wire::Signal>(i),
                             .rung = static_cast<wire::Rung>(random_() % 6),
                             .why = Text(wire::kMaxWhy)});
  }
  return hello;
}

wire::Message RandomRecords::Message() {
  switch (random_() % 8) {
    case 0:
      return Hello();
    case 1:
      return wire::Welcome{.last_sequence = Number(1ull << 62), .window_ms = Count()};
    case 2: {
      const auto reason = static_cast<wire::RejectReason>(random_() % 5);
      return wire::Reject{.reason = reason, .message = Text(wire::kMaxRejectMessage)};
    }
    case 3:
      return wire::Ack{.epoch = 1 + Number(1ull << 62), .sequence = Number(1ull << 62)};
    case 4:
      return wire::Heartbeat{.epoch = 1 + Number(1ull << 62),
                             .window_age_ms = Count(),
                             .spooled_records = Number(1ull << 62),
                             .stopping = Maybe()};
    case 5: {
      wire::ProbeNeighbours probe;
      for (std::uint64_t i = Number(16); i > 0; --i)
        probe.kubelets.push_back({Name(wire::kMaxNode), Name(wire::kMaxAddress),
                                  static_cast<std::uint16_t>(1 + random_() % 65535)});
      return probe;
    }
    case 6:
      return wire::NeighbourProbed{.node = Name(wire::kMaxNode),
                                   .outcome = static_cast<wire::ProbeOutcome>(random_() % 3)};
    default:
      return Record();
  }
}

}  // namespace loadline::test

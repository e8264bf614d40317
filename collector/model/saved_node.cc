#include "collector/model/saved_node.h"

#include "schemas/wire/losses.h"

namespace loadline::collector {

namespace fb = state::fb;
using flatbuffers::Offset;
using state::Builder;

namespace {

Offset<fb::Capacity> WriteCapacity(Builder& to, const wire::NodeCapacity& capacity) {
  return capacity == wire::NodeCapacity{} ? 0 : fb::CreateCapacity(to, capacity.cpu, capacity.memory);
}

wire::NodeCapacity ReadCapacity(const fb::Capacity* from) {
  if (from == nullptr) return {};
  return {.cpu = from->cpu(), .memory = from->memory()};
}

Offset<fb::SignalRung> WriteSignal(Builder& to, const wire::SignalRung& signal) {
  const auto why = state::Text(to, signal.why);
  return fb::CreateSignalRung(to, static_cast<std::uint8_t>(signal.signal),
                              static_cast<std::uint8_t>(signal.rung), why);
}

Offset<fb::Finding> WriteFinding(Builder& to, const NodeFinding& finding) {
  const auto source = state::Repeated(to, finding.source);
  const auto condition = state::Repeated(to, finding.condition);
  const auto reason = state::Repeated(to, finding.reason);
  const auto message = state::Text(to, finding.message);
  return fb::CreateFinding(to, source, condition, reason, message, state::Ns(finding.first),
                           state::Ns(finding.last), finding.times);
}

NodeFinding ReadFinding(const fb::Finding& from) {
  return {.source = state::Text(from.source()),
          .condition = state::Text(from.condition()),
          .reason = state::Text(from.reason()),
          .message = state::Text(from.message()),
          .first = state::Instant(from.first_ns()),
          .last = state::Instant(from.last_ns()),
          .times = from.times()};
}

Offset<fb::Disk> WriteDisk(Builder& to, const wire::NodeWindow::Disk& disk) {
  const auto path = state::Text(to, disk.path);
  return fb::CreateDisk(to, path, disk.free, disk.total, disk.read_only);
}

auto WriteOthers(Builder& to, const Node& node) {
  std::vector<Offset<fb::NumberedCgroup>> others;
  for (const auto& [ref, replica] : node.refs) {
    if (replica < Node::kWholeMachine) continue;
    const bool whole = replica == Node::kWholeMachine;
    others.push_back(
        fb::CreateNumberedCgroup(to, ref, whole ? fb::NoContainer::WholeMachine : fb::NoContainer::Ignored));
  }
  return others.empty() ? Offset<flatbuffers::Vector<Offset<fb::NumberedCgroup>>>() : to.CreateVector(others);
}

Offset<fb::CgroupAbove> WriteAbove(Builder& to, const CgroupsAbove::Groups::value_type& one) {
  const auto& [ref, group] = one;
  const auto path = state::Text(to, group.path);
  const auto limits = WriteLimits(to, group.limits);
  return fb::CreateCgroupAbove(to, ref, path, group.is_pod, limits);
}

}  // namespace

Offset<fb::Pressure> WritePressure(Builder& to, const wire::PressureWindow& window) {
  if (window == wire::PressureWindow{}) return 0;
  return fb::CreatePressure(to, window.cpu_some_us, window.cpu_full_us, window.memory_some_us,
                            window.memory_full_us, window.io_some_us, window.io_full_us);
}

wire::PressureWindow ReadPressure(const fb::Pressure* from) {
  if (from == nullptr) return {};
  return {.cpu_some_us = from->cpu_some_us(),
          .cpu_full_us = from->cpu_full_us(),
          .memory_some_us = from->memory_some_us(),
          .memory_full_us = from->memory_full_us(),
          .io_some_us = from->io_some_us(),
          .io_full_us = from->io_full_us()};
}

Offset<fb::Limits> WriteLimits(Builder& to, const wire::CgroupLimits& limits) {
  if (limits == wire::CgroupLimits{}) return 0;
  return fb::CreateLimits(to, limits.cpu_limit, limits.cpu_request, limits.memory_limit, limits.memory_high,
                          limits.memory_request);
}

wire::CgroupLimits ReadLimits(const fb::Limits* from) {
  if (from == nullptr) return {};
  return {.cpu_limit = from->cpu_limit(),
          .cpu_request = from->cpu_request(),
          .memory_limit = from->memory_limit(),
          .memory_high = from->memory_high(),
          .memory_request = from->memory_request()};
}

Offset<fb::Node> WriteNode(Builder& to, const Node& node) {
  const auto name = state::Text(to, node.name);
  const auto pool = state::Repeated(to, node.place.pool);
  const auto zone = state::Repeated(to, node.place.zone);
  const auto instance_type = state::Repeated(to, node.place.instance_type);
  const auto boot_id = state::Text(to, node.boot_id);
  const auto agent_version = state::Repeated(to, node.agent_version);
  const auto kernel_version = state::Repeated(to, node.kernel_version);
  const auto capacity = WriteCapacity(to, node.capacity);
  const auto signals = state::Tables<fb::SignalRung>(
      to, node.signals, [&](const wire::SignalRung& signal) { return WriteSignal(to, signal); });
  const auto pressure = WritePressure(to, node.last.pressure);
  const auto disks = state::Tables<fb::Disk>(
      to, node.last.disks, [&](const wire::NodeWindow::Disk& disk) { return WriteDisk(to, disk); });
  const auto losses = wire::WriteLosses<fb::Losses>(to, node.losses);
  const auto last_losses = wire::WriteLosses<fb::Losses>(to, node.last_losses);
  const auto others = WriteOthers(to, node);
  const auto above = state::Tables<fb::CgroupAbove>(to, node.above.groups(),
                                                    [&](const auto& one) { return WriteAbove(to, one); });
  const auto findings = state::Tables<fb::Finding>(
      to, node.findings.all(), [&](const NodeFinding& finding) { return WriteFinding(to, finding); });
  const auto told = WriteCapacity(to, node.told.now);
  const auto told_before = WriteCapacity(to, node.told.before);

  fb::NodeBuilder table(to);
  table.add_name(name);
  table.add_pool(pool);
  table.add_zone(zone);
  table.add_instance_type(instance_type);
  table.add_boot_id(boot_id);
  table.add_epoch(node.epoch);
  table.add_last_sequence(node.last_sequence);
  table.add_missing_records(node.missing_records);
  table.add_first_seen_ns(state::Ns(node.first_seen));
  table.add_last_record_ns(state::Ns(node.last_record));
  table.add_agent_version(agent_version);
  table.add_kernel_version(kernel_version);
  table.add_capacity(capacity);
  table.add_signals(signals);
  table.add_window_end_ns(state::Ns(node.window_end));
  table.add_window_length_ns(node.window_length.count());
  table.add_window_open(node.window_open);
  table.add_told_all(node.told_all);
  table.add_births(node.births);
  table.add_cpu_us(node.cpu_us);
  table.add_memory_available(node.last.memory_available);
  table.add_pressure(pressure);
  table.add_disks(disks);
  table.add_agent_cpu_us(node.agent_cpu_us);
  table.add_agent_rss(node.agent_rss);
  table.add_losses(losses);
  table.add_last_losses(last_losses);
  table.add_samples(node.samples);
  table.add_others(others);
  table.add_told(told);
  table.add_told_before(told_before);
  table.add_told_since_ns(state::Ns(node.told.since));
  table.add_above(above);
  table.add_findings(findings);
  return table.Finish();
}

Node ReadNode(const fb::Node& from) {
  Node node{.name = state::Text(from.name())};
  node.place = {.pool = state::Text(from.pool()),
                .zone = state::Text(from.zone()),
                .instance_type = state::Text(from.instance_type())};
  node.boot_id = state::Text(from.boot_id());
  node.epoch = from.epoch();
  node.last_sequence = from.last_sequence();
  node.missing_records = from.missing_records();
  node.first_seen = state::Instant(from.first_seen_ns());
  node.last_record = state::Instant(from.last_record_ns());
  node.agent_version = state::Text(from.agent_version());
  node.kernel_version = state::Text(from.kernel_version());
  node.capacity = ReadCapacity(from.capacity());
  state::EachTable(from.signals(), [&](const fb::SignalRung& signal) {
    // One that this version does not know would have no name.
    if (signal.signal() >= wire::kSignalCount || signal.rung() > static_cast<std::uint8_t>(wire::Rung::kOff))
      return;
    node.signals.push_back({static_cast<wire::Signal>(signal.signal()),
                            static_cast<wire::Rung>(signal.rung()), state::Text(signal.why())});
  });
  node.window_end = state::Instant(from.window_end_ns());
  node.window_length = state::Length(from.window_length_ns());
  node.window_open = from.window_open();
  node.told_all = from.told_all();
  node.births = from.births();
  node.cpu_us = from.cpu_us();
  node.last.memory_available = from.memory_available();
  node.last.pressure = ReadPressure(from.pressure());
  state::EachTable(from.disks(), [&](const fb::Disk& disk) {
    node.last.disks.push_back({state::Text(disk.path()), disk.free(), disk.total(), disk.read_only()});
  });
  node.agent_cpu_us = from.agent_cpu_us();
  node.agent_rss = from.agent_rss();
  node.losses = wire::ReadLosses(from.losses());
  node.last_losses = wire::ReadLosses(from.last_losses());
  node.samples = from.samples();
  state::EachTable(from.others(), [&](const fb::NumberedCgroup& other) {
    const bool whole = other.what() == fb::NoContainer::WholeMachine;
    node.refs.emplace(other.ref(), whole ? Node::kWholeMachine : Node::kIgnored);
  });
  state::EachTable(from.above(), [&](const fb::CgroupAbove& one) {
    node.above.Add(
        one.ref(),
        {.path = state::Text(one.path()), .is_pod = one.is_pod(), .limits = ReadLimits(one.limits())});
  });
  state::EachTable(from.findings(),
                   [&](const fb::Finding& finding) { node.findings.Restore(ReadFinding(finding)); });
  node.told = {.now = ReadCapacity(from.told()),
               .before = ReadCapacity(from.told_before()),
               .since = state::Instant(from.told_since_ns())};
  return node;
}

}  // namespace loadline::collector

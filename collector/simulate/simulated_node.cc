#include "collector/simulate/simulated_node.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace loadline::collector {
namespace {

using enum FaultKind;

constexpr double kBeat = 1;
constexpr double kWindow = 10;
// An agent waits so long at most between two attempts to connect.
constexpr double kLongestBackoff = 15;
// A starved agent stands still now and then.
constexpr double kStillChance = 0.03;  // each second
constexpr double kStillLongest = 8;
// Until the kernel's line about a disk is read and sent.
constexpr double kLogRead = 1;
constexpr Bytes kMemory = 8 * kGiB;
// Tries of a request within the time that an answer has.
constexpr std::array kTries = {0.0, 0.2, 0.6, 1.4};

std::int64_t NsAt(Wall start, double at) {
  return (start + MonoAt(at).time_since_epoch()).time_since_epoch().count();
}

bool IsOne(const std::vector<const SimulatedFault*>& faults, const SimulatedFault& fault) {
  return std::ranges::find(faults, &fault) != faults.end();
}

}  // namespace

SimulatedNode::SimulatedNode(std::string name, std::uint64_t seed, double loss, double jitter)
    : name_(std::move(name)), chance_(seed), line_(loss), usual_loss_(loss), jitter_(jitter) {
  beat_ = chance_.Between(0, kBeat);
  window_ = beat_ + chance_.Between(0, kWindow);
}

SimulatedFault& SimulatedNode::Suffer(SimulatedFault fault) {
  return faults_.emplace_back(fault);
}

void SimulatedNode::Heal(const std::vector<FaultKind>& kinds, double at) {
  for (SimulatedFault& fault : faults_) {
    if (!fault.span.Has(at) || std::ranges::find(kinds, fault.kind) == kinds.end()) continue;
    fault.span.to = at;
    fault.healed = true;
  }
}

// ---- what is so

const SimulatedFault* SimulatedNode::Has(FaultKind kind, double at) const {
  const auto found = std::ranges::find_if(
      faults_, [&](const SimulatedFault& fault) { return fault.kind == kind && fault.span.Has(at); });
  return found != faults_.end() ? &*found : nullptr;
}

bool SimulatedNode::Deleted(double at) const {
  return Has(kNodeGone, at) != nullptr;
}

bool SimulatedNode::MachineRuns(double at) const {
  return std::ranges::none_of(std::array{kNodeKilled, kNodeGone, kReboot, kRebootAnnounced, kFreezeAnnounced},
                              [&](FaultKind kind) { return Has(kind, at) != nullptr; });
}

bool SimulatedNode::ProgramsRun(double at) const {
  return MachineRuns(at) && Has(kKernelHung, at) == nullptr && Has(kMemoryLivelock, at) == nullptr;
}

bool SimulatedNode::AgentRuns(double at) const {
  return ProgramsRun(at) && Has(kAgentDead, at) == nullptr;
}

bool SimulatedNode::HeardByCollector(double at) const {
  return std::ranges::none_of(std::array{kCableCut, kCutFromCollector, kCollectorCutOff},
                              [&](FaultKind kind) { return Has(kind, at) != nullptr; });
}

bool SimulatedNode::AgentAnswersMembers(double at, Chance& chance) const {
  const bool stands_still = Has(kAgentStarved, at) != nullptr && at < stands_still_until_;
  return AgentRuns(at) && !stands_still && Has(kCableCut, at) == nullptr && line_.Returns(at, chance);
}

PortAnswer SimulatedNode::ConnectFromNeighbour(double at, Chance& chance) const {
  const auto comes_back = [&](double after) { return line_.Returns(at + after, chance); };
  // The first packet is sent again after a second.
  if (!MachineRuns(at) || Has(kCableCut, at) != nullptr || !(comes_back(0) || comes_back(1)))
    return PortAnswer::kNothing;
  return Has(kKubeletDead, at) != nullptr ? PortAnswer::kRefused : PortAnswer::kAccepted;
}

bool SimulatedNode::AsksNeighbours(double at) const {
  return AgentRuns(at) && HeardByCollector(at);
}

bool SimulatedNode::HeardByApiServer(double at) const {
  return ProgramsRun(at) && Has(kKubeletDead, at) == nullptr && Has(kCableCut, at) == nullptr;
}

double SimulatedNode::Stalled(double at) const {
  for (const SimulatedFault& fault : faults_) {
    const double began = fault.span.from - fault.ramp;
    if (fault.kind != kMemoryLivelock || at <= began || at > fault.span.from) continue;
    return std::min(0.98, 0.3 + 0.68 * std::sqrt((at - began) / fault.ramp));
  }
  return 0.01;
}

// ---- its port

PortAnswer SimulatedNode::Connect(double at) {
  if (!MachineRuns(at) || !HeardByCollector(at) || !line_.Returns(at, chance_)) return PortAnswer::kNothing;
  return Has(kKubeletDead, at) != nullptr ? PortAnswer::kRefused : PortAnswer::kAccepted;
}

bool SimulatedNode::Answers(double at) {
  return ProgramsRun(at) && std::ranges::any_of(kTries, [&](double after) {
           return HeardByCollector(at + after) && line_.Returns(at + after, chance_);
         });
}

// ---- what its agent sends

std::vector<NodeArrival> SimulatedNode::Arrivals(double until, Wall start) {
  for (; beat_ <= until; beat_ += kBeat) Send(beat_, start);
  std::vector<NodeArrival> arrived;
  while (!on_the_way_.empty() && on_the_way_.front().at <= until) {
    arrived.push_back(std::move(on_the_way_.front()));
    on_the_way_.pop_front();
  }
  return arrived;
}

void SimulatedNode::Send(double at, Wall start) {
  const SimulatedFault* lossy = Has(kLineLossy, at);
  line_.Lose(lossy != nullptr ? std::max(lossy->loss, usual_loss_) : usual_loss_);
  if (Has(kFreezeAnnounced, at) != nullptr) return;
  const bool machine_runs = MachineRuns(at);
  if (machine_runs && !machine_was_there_) {
    ++boot_;
    logged_.clear();  // its kernel finds anew what is wrong
  }
  machine_was_there_ = machine_runs;
  const bool agent_runs = AgentRuns(at);
  if (agent_runs && !std::exchange(agent_was_there_, agent_runs)) {
    ++epoch_;
    sequence_ = 0;
    named_ = false;
    window_closed_ = at;
    unheard_since_ = at;
  }
  // The last word of one that is asked to end, in the second before its machine goes down.
  const bool ends = std::ranges::any_of(faults_, [&](const SimulatedFault& fault) {
    return fault.kind == kReboot && at < fault.span.from && fault.span.from <= at + kBeat;
  });
  agent_was_there_ = agent_runs;
  if (!agent_runs) return;
  const bool window_ends = at >= window_;
  if (window_ends) {
    window_ = std::max(window_ + kWindow, at);
    window_closed_ = at;
  }
  if (!Connected(at)) return;
  NodeArrival beat = Arrival();
  beat.stopping = ends;
  beat.window_age = at - window_closed_;
  Queue(at, std::move(beat));
  if (window_ends) CloseWindow(at, start);
  WriteLog(at, start);
}

// What a line that was cut does not carry is lost. Then the agent connects anew, and greets.
bool SimulatedNode::Connected(double at) {
  if (!HeardByCollector(at)) {
    if (unheard_since_ < 0) unheard_since_ = at;
    reconnects_at_ = 0;
    return false;
  }
  if (unheard_since_ < 0) return true;
  if (reconnects_at_ == 0)
    reconnects_at_ = at + chance_.Between(0, std::min(kLongestBackoff, at - unheard_since_));
  if (at < reconnects_at_) return false;
  unheard_since_ = -1;
  reconnects_at_ = 0;
  NodeArrival greeting = Arrival();
  greeting.greets = true;
  Queue(at, std::move(greeting));
  return true;
}

NodeArrival SimulatedNode::Arrival() const {
  return {.epoch = epoch_, .boot_id = "boot-" + std::to_string(boot_)};
}

double SimulatedNode::SentAt(double at) {
  double sent = at + chance_.Between(0, jitter_);
  const SimulatedFault* starved = Has(kAgentStarved, at);
  const bool livelock_begins = Stalled(at) > 0.3;
  if (starved == nullptr && !livelock_begins) return sent;
  sent += chance_.Around(starved != nullptr ? starved->late : 0.5);
  if (starved != nullptr && at >= stands_still_until_ && chance_.Between(0, 1) < kStillChance)
    stands_still_until_ = at + chance_.Between(0, kStillLongest);
  return std::max(sent, stands_still_until_);
}

void SimulatedNode::Queue(double at, NodeArrival arrival) {
  arrived_ = std::max(arrived_, line_.Carried(SentAt(at), chance_));
  arrival.at = arrived_;
  on_the_way_.push_back(std::move(arrival));
}

wire::Record SimulatedNode::RecordOf(std::variant<wire::Report, wire::Event> body, double at, Wall start) {
  return {.epoch = epoch_,
          .sequence = ++sequence_,
          .body = std::move(body),
          .made = {.mono_ns = MonoAt(at + 1).time_since_epoch().count(), .wall_ns = NsAt(start, at)}};
}

void SimulatedNode::CloseWindow(double at, Wall start) {
  wire::Report report{.window_start_ns = NsAt(start, at - kWindow),
                      .window_end_ns = NsAt(start, at),
                      .samples = static_cast<std::uint32_t>(kWindow)};
  if (!std::exchange(named_, true))
    report.identities.push_back({.ref = 1, .kind = wire::CgroupKind::kRoot, .path = "/"});
  wire::ContainerWindow machine{.ref = 1};
  machine.memory = wire::MemoryWindow{.current = kMemory / 2, .peak = kMemory / 2};
  report.containers.push_back(machine);
  report.node.memory_available = kMemory / 2;
  // The middle of it is as good as all of it.
  report.node.pressure.memory_some_us = static_cast<std::uint32_t>(Stalled(at - kWindow / 2) * kWindow * 1e6);
  NodeArrival arrival = Arrival();
  arrival.record = RecordOf(std::move(report), at, start);
  Queue(at, std::move(arrival));
}

void SimulatedNode::WriteLog(double at, Wall start) {
  for (const SimulatedFault& fault : faults_) {
    if (fault.kind != kDiskReadOnly) continue;
    const bool begun = at >= fault.span.from + kLogRead && at < fault.span.to;
    const bool ended = at >= fault.span.to + kLogRead && IsOne(logged_, fault);
    if (!(begun && !IsOne(logged_, fault)) && !(ended && !IsOne(mended_, fault))) continue;
    (ended ? mended_ : logged_).push_back(&fault);
    NodeArrival arrival = Arrival();
    arrival.record = RecordOf(
        wire::Event(wire::HealthEvent{.at_ns = NsAt(start, at),
                                      .source = "kernel-log",
                                      .condition = "ReadonlyFilesystem",
                                      .reason = "FilesystemIsReadOnly",
                                      .message = ended ? "sda1 is mounted read-write"
                                                       : "EXT4-fs (sda1): Remounting filesystem read-only",
                                      .ended = ended}),
        at, start);
    Queue(at, std::move(arrival));
  }
}

}  // namespace loadline::collector

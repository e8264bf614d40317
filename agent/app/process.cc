#include "agent/app/process.h"

#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <utility>

#include "agent/app/capabilities.h"
#include "agent/app/ready_file.h"
#include "agent/app/stop_signals.h"
#include "agent/health/kmsg_rules.h"
#include "agent/host/machine.h"
#include "agent/platform/event_watch.h"
#include "agent/source/probe.h"
#include "agent/uplink/uplink.h"
#include "schemas/base/hardening.h"
#include "schemas/base/log_lines.h"
#include "schemas/base/printable.h"
#include "schemas/base/secret_file.h"
#include "schemas/base/version.h"

namespace loadline::agent {
namespace {

constexpr int kFirstWindows = 4;
constexpr int kTrimEvery = 60;  // windows

// Three threads, of which two allocate little: heaps of their own would cost more memory than they save time. What is
// large is given back when it is freed; left to itself, the allocator would keep ever larger pieces.
void KeepMemorySmall() {
  constexpr int kLarge = 128 << 10;
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, kLarge);
  ::mallopt(M_TRIM_THRESHOLD, kLarge);
}

void SayRungs(const MachineSource& source) {
  spdlog::info("cgroups: {}, {} of them", Name(source.mounts().Layout()), source.table().alive());
  for (const wire::SignalRung& signal : source.rungs()) {
    const char* separator = signal.why.empty() ? "" : ": ";
    spdlog::info("{:<16} {:<10}{}{}", wire::Name(signal.signal), wire::Name(signal.rung), separator,
                 signal.why);
  }
  for (const PlannedCheck& check : source.checks()) {
    if (check.check != nullptr)
      spdlog::info("check {:<10} each {:g} s: {}", check.name, Seconds(check.every), check.looks_at);
    else
      spdlog::info("check {:<10} off: {}", check.name, check.why_not);
  }
}

std::string NodeName(const Options& options) {
  return options.node.empty() ? ReadMachine(options.source.host).name : options.node;
}

Result<std::unique_ptr<Uplink>> Connect(const Options& options, const MachineSource& source,
                                        const Clock& clock) {
  Result<std::string> key = ReadLineFile(options.collector_key_file);
  if (!key) return Failure(key.error().In("the collector's public key"));
  const Machine machine = ReadMachine(options.source.host);
  UplinkOptions uplink{.endpoint = options.collector,
                       .collector_key = *std::move(key),
                       .key_file = options.key_file,
                       .token_file = options.token_file,
                       .spool = options.spool,
                       .session = {},
                       .linger = options.linger};
  uplink.hello.node = NodeName(options);
  uplink.hello.boot_id = machine.boot_id;
  uplink.hello.agent_version = LOADLINE_VERSION;
  uplink.hello.kernel_version = machine.kernel_version;
  uplink.hello.signals = source.rungs();
  uplink.hello.capacity = machine.capacity;
  uplink.hello.window_ms = static_cast<std::uint32_t>(options.timing.window / std::chrono::milliseconds(1));
  spdlog::info("node {} to {}", uplink.hello.node, options.collector);
  return StartUplink(std::move(uplink), clock);
}

// Null: nobody announces anything here.
std::unique_ptr<EventWatch> WatchEvents(const Options& options, const Clock& clock) {
  const auto service = MetadataService(options.scheduled_events, options.source.host);
  if (!service || !*service) return nullptr;
  return std::make_unique<EventWatch>(EventWatchOptions{.server = **service}, clock);
}

Result<void> RunAgent(const Options& options, MachineSource& source, int stop_fd, const Clock& clock) {
  SayRungs(source);
  auto uplink = Connect(options, source, clock);
  if (!uplink) return Failure(uplink.error());
  source.StartChecks(clock);
  Agent agent(options.timing, source, **uplink, clock);
  bool said = false;
  int windows = 0;
  agent.OnWindow([&](const UplinkStatus& status) {
    // The first ones name every cgroup: megabytes that are not needed again. So may a storm of births have left some.
    if (++windows % kTrimEvery == kFirstWindows) ::malloc_trim(0);
    const auto done = SetReady(options.ready_file, status.connected);
    if (!done && !std::exchange(said, true)) spdlog::warn("{}", done.error().message);
  });
  const std::unique_ptr<EventWatch> events = WatchEvents(options, clock);
  if (events) agent.OnLook([&events] { return events->Take(); });
  const CollectorGoneWatch watch(options.collector_gone, NodeName(options), **uplink, clock);
  agent.Run(stop_fd);
  spdlog::info("stopping");
  return {};
}

Result<void> Run(const Options& options) {
  // Three windows: one may be late.
  if (options.command == Options::Command::kReady)
    return CheckReady(options.ready_file, 3 * options.timing.window);
  if (options.command == Options::Command::kKmsgRules) return RunKmsgRules(options.kmsg_rules);
  const SystemClock clock;
  const auto stop = BlockStopSignals();
  if (!stop) return Failure(stop.error());
  auto source = MachineSource::Open(options.source, clock.Now());
  if (!source) return Failure(source.error());
  GiveUpCapabilities(**source);
  ::malloc_trim(0);  // The kernel's types were read to load the probes: megabytes that are not needed again.
  switch (options.command) {
    case Options::Command::kRun:
      return RunAgent(options, **source, stop->get(), clock);
    case Options::Command::kTop:
      return RunTop(options.top, **source, stop->get(), clock);
    case Options::Command::kProbe:
      std::fputs(PrintableLines(DescribeRungs(**source, options.json)).c_str(), stdout);
      return {};
    case Options::Command::kReady:
    case Options::Command::kKmsgRules:
      break;
  }
  return {};
}

}  // namespace

int RunProcess(const Options& options) {
  KeepMemorySmall();
  HardenProcess(options.core_dumps);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("loadline-agent"));
  spdlog::set_formatter(LogLines());
  const auto done = Run(options);
  if (done) return 0;
  std::fprintf(stderr, "loadline-agent: %s\n", PrintableLines(done.error().message).c_str());
  return 1;
}

}  // namespace loadline::agent

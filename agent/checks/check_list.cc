#include "agent/checks/check_list.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/checks/clock_sync.h"
#include "agent/checks/dns.h"
#include "agent/checks/kubelet_health.h"
#include "agent/checks/mounts.h"
#include "agent/checks/plugin.h"
#include "agent/checks/runtime_socket.h"
#include "agent/checks/stalls.h"
#include "agent/checks/table_fill.h"
#include "agent/checks/zombies.h"
#include "agent/host/machine.h"
#include "agent/host/small_file.h"
#include "agent/net/patient_socket.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* kUsualKubelet = "127.0.0.1:10248";
constexpr int kPluginLane = 1;

bool IsThere(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// Settings of the network that the kernel shows in the machine's own network namespace alone.
bool SharesTheNetwork(const HostRoot& host) {
  return IsThere(host.root + "/proc/sys/net/core/netdev_max_backlog");
}

// Of a node that is a container itself (kind) the network is none that the kernel calls the machine's.
bool Answers(const HostRoot& host, const HostPort& at) {
  constexpr Duration kPatience = 200ms;
  return host.root.empty() && PatientSocket::Tcp(at, Patience::Of(kPatience, {})).has_value();
}

PlannedCheck PlanMounts(const HostRoot& host, const std::vector<std::string>& reported) {
  return {.name = "mounts",
          .looks_at = "file systems: full, out of inodes, read-only by a fault, not answering",
          .conditions = {kReadonlyFilesystem, kFilesystemFull, kInodesExhausted, kMountNotResponding},
          .check = std::make_unique<Mounts>(host.root + "/proc/self/mountinfo", reported),
          .every = 30s};
}

Result<PlannedCheck> PlanKubelet(const HostRoot& host, const CheckOptions& options) {
  const bool is_sure = !options.kubelet.empty();
  const std::string at = is_sure ? options.kubelet : kUsualKubelet;
  const auto address = ParseHostPort(at);
  if (!address)
    return Failure(ErrorKind::kInvalid,
                   fmt::format("--check-kubelet: '{}' is no ADDRESS:PORT in numbers", at));
  PlannedCheck planned{.name = "kubelet",
                       .looks_at = fmt::format("GET http://{}/healthz", at),
                       .conditions = {kKubeletProblem},
                       .every = 10s,
                       .hold = 45s};
  if (is_sure || SharesTheNetwork(host) || Answers(host, *address)) {
    planned.check = std::make_unique<KubeletHealth>(*address, is_sure);
  } else {
    planned.why_not =
        "the kubelet says whether it is well on the node's own loopback alone, and this is a network of its "
        "own: "
        "needs hostNetwork (chart: agent.checks.hostNetwork)";
  }
  return planned;
}

PlannedCheck PlanRuntime(const HostRoot& host, const CheckOptions& options) {
  constexpr std::array kUsual = std::to_array<const char*>(
      {"/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/run/crio/crio.sock"});
  const bool is_sure = !options.runtime_socket.empty();
  std::string path = options.runtime_socket;
  for (const char* usual : kUsual) {
    if (path.empty() && IsThere(host.root + usual)) path = host.root + usual;
  }
  PlannedCheck planned{.name = "runtime",
                       .looks_at = "the container runtime's socket: answers",
                       .conditions = {kContainerRuntimeProblem},
                       .every = 10s,
                       .hold = 45s};
  if (path.empty()) {
    planned.why_not =
        "no socket of containerd or CRI-O here: name it with --check-runtime; in a pod it has to be mounted "
        "(chart: "
        "agent.checks.runtimeSocket)";
    return planned;
  }
  planned.looks_at = path + " answers";
  planned.check = std::make_unique<RuntimeSocket>(std::move(path), is_sure);
  return planned;
}

PlannedCheck PlanDns(const HostRoot& host, const CheckOptions& options) {
  PlannedCheck planned{.name = "dns",
                       .looks_at = "a question to the resolvers of /etc/resolv.conf",
                       .conditions = {kDnsProblem},
                       .every = 30s,
                       .hold = 30s};
  const std::string file = host.root + "/etc/resolv.conf";
  if (IsThere(file))
    planned.check = std::make_unique<Dns>(DnsOptions{.resolv_conf = file, .name = options.dns_name});
  else
    planned.why_not = "there is no " + file;
  return planned;
}

PlannedCheck PlanFill(const char* name, const TableFill::Table& table, const HostRoot& host,
                      const std::string& why_not) {
  PlannedCheck planned{.name = name,
                       .looks_at = std::string("how many ") + table.of_what + " are in use",
                       .conditions = {table.condition},
                       .why_not = why_not,
                       .every = 10s};
  if (planned.why_not.empty() && !table.read(host.root)) planned.why_not = "not to be read on this kernel";
  if (planned.why_not.empty()) planned.check = std::make_unique<TableFill>(table, host.root);
  return planned;
}

PlannedCheck PlanConntrack(const HostRoot& host) {
  const bool sees = SharesTheNetwork(host);
  const bool has = IsThere(host.root + "/proc/sys/net/netfilter/nf_conntrack_count");
  return PlanFill(
      "conntrack", kConntrackTable, host,
      !sees ? "connections are counted by network, and this is one of its own: needs hostNetwork (chart: "
              "agent.checks.hostNetwork)"
      : has ? ""
            : "the kernel tracks no connections (nf_conntrack is not loaded)");
}

PlannedCheck PlanZombies(const HostRoot& host) {
  PlannedCheck planned{.name = "zombies",
                       .looks_at = "processes that ended and that nobody waits for",
                       .conditions = {kZombieProcesses},
                       // A read for each process of the machine, of what grows over hours.
                       .every = 180s,
                       .hold = 60s};
  if (SeesTheMachine(host))
    planned.check = std::make_unique<Zombies>(host.root);
  else
    planned.why_not = "only the processes of this pod are seen: needs hostPID (chart: agent.checks.hostPID)";
  return planned;
}

PlannedCheck PlanStalls(const HostRoot& host) {
  PlannedCheck planned{.name = "stalls",
                       .looks_at = "PSI full of memory (1 min) and I/O (3 min)",
                       .conditions = {kMemoryLivelock, kIoStalled},
                       .every = 10s,
                       .hold = 20s};
  if (IsThere(host.root + "/proc/pressure/memory"))
    planned.check = std::make_unique<Stalls>(host);
  else
    planned.why_not = "this kernel has no PSI: it needs CONFIG_PSI, and psi=1 where it is off by default";
  return planned;
}

PlannedCheck PlanClock() {
  return {.name = "clock",
          .looks_at = "whether a time service keeps the clock (adjtimex)",
          .conditions = {kClockUnsynchronised},
          .check = std::make_unique<ClockSync>(),
          .every = 60s,
          .hold = 10min};
}

}  // namespace

std::vector<std::string> CheckNames() {
  return {"mounts", "kubelet", "runtime", "dns",   "conntrack", "pids",
          "files",  "zombies", "stalls",  "clock", "plugins"};
}

Result<std::vector<PlannedCheck>> PlanChecks(const CheckOptions& options, const HostRoot& host,
                                             const std::vector<std::string>& reported_disks) {
  std::vector<PlannedCheck> planned;
  planned.push_back(PlanMounts(host, reported_disks));
  auto kubelet = PlanKubelet(host, options);
  if (!kubelet) return Failure(kubelet.error());
  planned.push_back(*std::move(kubelet));
  planned.push_back(PlanRuntime(host, options));
  planned.push_back(PlanDns(host, options));
  planned.push_back(PlanConntrack(host));
  planned.push_back(PlanFill("pids", kPidTable, host, ""));
  planned.push_back(PlanFill("files", kFileTable, host, ""));
  planned.push_back(PlanZombies(host));
  planned.push_back(PlanStalls(host));
  planned.push_back(PlanClock());
  const auto is_off = [&](const std::string& name) {
    return std::ranges::any_of(options.off,
                               [&](const std::string& one) { return one == name || one == "all"; });
  };
  if (!options.plugins.empty() && !is_off("plugins")) {
    auto plugins = PlanPlugins(options.plugins, kPluginLane);
    if (!plugins) return Failure(plugins.error().In("--check-plugins"));
    std::ranges::move(*plugins, std::back_inserter(planned));
  }
  for (PlannedCheck& one : planned) {
    if (one.name == "plugin" || !is_off(one.name)) continue;
    one.check.reset();
    one.why_not = "turned off";
  }
  return planned;
}

}  // namespace loadline::agent

// How many lines of a kernel log a core looks through with the built-in rules: what a kernel prints every day, with a
// fault in every thousandth line, as records of /dev/kmsg and as text with time stamps.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "agent/health/kmsg_rules.h"
#include "agent/health/log_scan.h"
#include "tests/bench/figure.h"

namespace loadline {
namespace {

using namespace agent;

constexpr int kLines = 1'000'000;

// With words of the rules in them, too: what nearly matches costs most.
constexpr std::array<std::string_view, 20> kDaily = {
    "cni0: port 3(veth1a2b3c4d) entered blocking state",
    "cni0: port 3(veth1a2b3c4d) entered forwarding state",
    "device veth1a2b3c4d entered promiscuous mode",
    "IPv6: ADDRCONF(NETDEV_CHANGE): veth1a2b3c4d: link becomes ready",
    "eth0: renamed from tmp5c3b1",
    "audit: type=1400 audit(1700000000.123:4): apparmor=\"DENIED\" operation=\"ptrace\" "
    "profile=\"cri-containerd\"",
    "EXT4-fs (sdc1): mounted filesystem 0c1d2e3f-1111-2222-3333-444455556666 r/w with ordered data mode",
    "EXT4-fs (sdc1): unmounting filesystem 0c1d2e3f-1111-2222-3333-444455556666.",
    "XFS (sdd): Ending clean mount",
    "node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=997",
    "CPU: 1 PID: 4242 Comm: node Not tainted 6.8.0-1021-azure #25-Ubuntu",
    " mem_cgroup_out_of_memory+0x13e/0x150",
    "[   4242]  1000  4242   262144    65536   921600        0           997 node",
    "Memory cgroup out of memory: Killed process 4242 (node) total-vm:1048576kB, anon-rss:262144kB, "
    "file-rss:0kB",
    "oom_reaper: reaped process 4242 (node), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    "traps: python3[91] general protection fault ip:55d0c8a0f3a1 sp:7ffd2b0c6e40 error:0 in python3.11",
    "TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.",
    "nvme nvme0: 4/0/0 default/read/poll queues",
    "hv_netvsc 000d3a1b-2c3d-000d-3a1b-2c3d000d3a1b eth0: Data path switched to VF: enP1s1",
    "systemd-journald[211]: Received client request to flush runtime journal.",
};
constexpr std::string_view kFault =
    "blk_update_request: I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x80700";

std::string_view Words(int line) {
  return line % 1000 == 999 ? kFault : kDaily[static_cast<std::size_t>(line) % kDaily.size()];
}

std::string TextLog() {
  std::string log;
  for (int i = 0; i < kLines; ++i)
    log += fmt::format("[{:>5}.{:06}] {}\n", i / 1000, i % 1000 * 1000, Words(i));
  return log;
}

std::string RecordLog() {
  std::string log;
  for (int i = 0; i < kLines; ++i) log += fmt::format("6,{},{},-;{}\n", i, i * 1000L, Words(i));
  return log;
}

// Time this thread spent on a core: what others do to the machine meanwhile is not ours.
double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// The best of five runs.
double LinesPerSecond(const std::vector<LogRule>& rules, std::string_view log) {
  double best = HUGE_VAL;
  for (int run = 0; run < 5; ++run) {
    LogScan scan(*RuleEngine::Make(rules), [](std::uint64_t, const RuleMatch&) {});
    const double begin = Seconds();
    scan.Add(log);
    best = std::min(best, Seconds() - begin);
    if (scan.matches() != kLines / 1000) fmt::print(stderr, "{} matches\n", scan.matches());
  }
  return kLines / best;
}

void Run(bool json) {
  std::vector<std::string> notes;
  const auto rules = *LoadLogRules({kBuiltInRules}, notes);
  bench::Print("kmsg", {.metric = "rules", .value = static_cast<double>(rules.size()), .unit = "rules"},
               json);
  bench::Print("kmsg",
               {.metric = "lines_per_second", .value = LinesPerSecond(rules, RecordLog()), .unit = "lines/s"},
               json);
  bench::Print(
      "kmsg",
      {.metric = "text_lines_per_second", .value = LinesPerSecond(rules, TextLog()), .unit = "lines/s"},
      json);
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  loadline::Run(argc > 1 && std::string_view(argv[1]) == "--json");
}

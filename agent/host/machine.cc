#include "agent/host/machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "agent/host/fields.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kMostKib = std::numeric_limits<Bytes>::max() / kKiB;
constexpr std::uint64_t kMostCpus = 1 << 16;  // numbered so, there are none: the kernel's own bound is below

std::string ReadLine(const std::string& path) {
  const std::string content = ReadWholeFile(path).value_or("");
  std::string_view text = content;
  return std::string(CutLine(text));
}

std::uint64_t Microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

Machine ReadMachine(const HostRoot& host) {
  Machine machine;
  machine.name = ReadLine(host.root + "/proc/sys/kernel/hostname");
  machine.boot_id = ReadLine(host.root + "/proc/sys/kernel/random/boot_id");
  machine.kernel_version = ReadLine(host.root + "/proc/sys/kernel/osrelease");
  machine.capacity.cpu = 1000 * ParseCpuList(ReadLine(host.root + "/sys/devices/system/cpu/online"));
  const std::string meminfo = ReadWholeFile(host.root + "/proc/meminfo").value_or("");
  machine.capacity.memory = ParseMeminfo(meminfo, "MemTotal").value_or(0);
  return machine;
}

bool SeesTheMachine(const HostRoot& host) {
  return ReadLine(host.root + "/proc/2/comm") == "kthreadd";
}

std::optional<Bytes> ReadMemoryAvailable(const HostRoot& host) {
  std::array<char, 4096> buffer;
  const auto text = ReadSmallFile((host.root + "/proc/meminfo").c_str(), buffer);
  if (!text) return std::nullopt;
  return ParseMeminfo(*text, "MemAvailable");
}

std::optional<double> ReadShareAvailable(const HostRoot& host) {
  std::array<char, 4096> buffer;
  const auto text = ReadSmallFile((host.root + "/proc/meminfo").c_str(), buffer);
  if (!text) return std::nullopt;
  const auto available = ParseMeminfo(*text, "MemAvailable");
  const Bytes total = ParseMeminfo(*text, "MemTotal").value_or(0);
  if (!available || total <= 0) return std::nullopt;
  return static_cast<double>(*available) / static_cast<double>(total);
}

std::optional<CgroupCount> CountCgroups(const CgroupMounts& mounts) {
  const CgroupHierarchy* unified = mounts.Unified();
  if (unified == nullptr) return std::nullopt;
  std::array<char, 4096> buffer;
  const std::string path = unified->mount + "/cgroup.stat";
  const auto text = ReadSmallFile(path.c_str(), buffer);
  if (!text) return std::nullopt;
  CgroupCount count;
  ForEachKey(*text, [&](std::string_view key, std::uint64_t value) {
    if (key == "nr_descendants") count.alive = static_cast<std::uint32_t>(value) + 1;  // and the root
    if (key == "nr_dying_descendants") count.dying = static_cast<std::uint32_t>(value);
  });
  return count.alive > 0 ? std::optional(count) : std::nullopt;
}

std::optional<Bytes> ParseMeminfo(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = CutLine(text);
    if (CutUntil(line, ':') != key) continue;
    if (const auto kib = ToNumber(CutWord(line))) return AsBytes(std::min(*kib, kMostKib) * kKiB);
  }
  return std::nullopt;
}

int ParseCpuList(std::string_view text) {
  int cpus = 0;
  while (!text.empty()) {
    std::string_view range = CutUntil(text, ',');
    const auto first = ToNumber(CutUntil(range, '-'));
    if (!first) continue;
    const auto last = ToNumber(range).value_or(*first);
    if (last >= *first && last < kMostCpus) cpus += static_cast<int>(last - *first + 1);
    if (std::cmp_greater(cpus, kMostCpus))
      return static_cast<int>(kMostCpus);  // some are named again and again
  }
  return cpus;
}

OwnCost ReadOwnCost() {
  OwnCost cost;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  cost.cpu_us = Microseconds(usage.ru_utime) + Microseconds(usage.ru_stime);
  std::array<char, 256> buffer;
  // "size resident shared ...", in pages.
  if (auto text = ReadSmallFile("/proc/self/statm", buffer)) {
    CutWord(*text);
    cost.rss = static_cast<Bytes>(ToNumber(CutWord(*text)).value_or(0)) * ::sysconf(_SC_PAGESIZE);
  }
  return cost;
}

}  // namespace loadline::agent

#include "agent/host/pressure.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/host/counter_files.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

constexpr std::array kKinds = {"cpu", "memory", "io"};

std::array<Fd, 3> OpenThree(const std::string& before, const char* after) {
  std::array<Fd, 3> files;
  for (std::size_t index = 0; index < files.size(); ++index) {
    const std::string path = before + kKinds[index] + after;
    files[index] = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!files[index].valid()) break;
  }
  return files;
}

// The two totals of each kind, as kKinds has them.
struct OfKind {
  std::uint64_t PressureCounters::* some;
  std::uint64_t PressureCounters::* full;
};
constexpr std::array<OfKind, 3> kTotals = {
    {{&PressureCounters::cpu_some_us, &PressureCounters::cpu_full_us},
     {&PressureCounters::memory_some_us, &PressureCounters::memory_full_us},
     {&PressureCounters::io_some_us, &PressureCounters::io_full_us}}};

bool IsSame(const OfKind& kind, const PressureCounters& left, const PressureCounters& right) {
  return left.*kind.some == right.*kind.some && left.*kind.full == right.*kind.full;
}

// Into `totals`; those that are not wanted stay. False when one cannot be read, or all are closed.
bool ReadWanted(const std::array<Fd, 3>& files, const std::array<bool, 3>& wanted, PressureCounters& totals) {
  std::array<char, 512> buffer;
  bool any = false;
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (!files[index].valid()) continue;
    any = true;
    if (!wanted[index]) continue;
    const auto text = ReadOpenFile(files[index].get(), buffer);
    if (!text) return false;
    const PressureTotals read = ParsePressure(*text);
    totals.*kTotals[index].some = read.some_us;
    totals.*kTotals[index].full = read.full_us;
  }
  return any;
}

constexpr std::array<bool, 3> kAll = {true, true, true};

// However little is said above, all is read after so many windows.
constexpr std::uint64_t kAllAfter = 30;

// RHEL's kernels make the files and refuse to read them until they are started with psi=1.
std::string WhyNone(const Error& error) {
  if (error.kind == ErrorKind::kNotFound) return "this kernel has no PSI, or was started with psi=0";
  return "the kernel's PSI files cannot be read (" + error.message +
         "): it may have to be started with psi=1";
}

}  // namespace

PressureFiles::PressureFiles(const CgroupMounts& mounts, std::size_t max_open) : open_(max_open) {
  const CgroupHierarchy* unified = mounts.Unified();
  if (unified == nullptr) {
    why_ = "no unified (v2) hierarchy is mounted";
    return;
  }
  mount_ = unified->mount;
  // The root itself has these files only since 5.20.
  const std::string of_root = mount_ + "/cpu.pressure";
  const bool root_has = ::access(of_root.c_str(), R_OK) == 0;
  if (const auto read = ReadWholeFile(root_has ? of_root : "/proc/pressure/cpu"); !read)
    why_ = WhyNone(read.error());
}

void PressureFiles::BeginRound(const std::optional<PressureCounters>& machine) {
  machine_ = machine;
  ++round_;
}

PressureFiles::Above PressureFiles::AboveOf(std::uint32_t above) const {
  const Open* const cgroup = above == 0 ? nullptr : open_.Find(above);
  if (cgroup == nullptr || cgroup->round != round_ || !cgroup->totals) return {.totals = machine_};
  return {.ref = above, .totals = cgroup->totals};
}

std::optional<PressureCounters> PressureFiles::Read(std::uint32_t ref, std::string_view path,
                                                    std::uint32_t above) {
  if (!available()) return std::nullopt;
  // It was read before this one: what comes between is seen the next time.
  const Above now = AboveOf(above);
  Open& cgroup = open_.Of(ref, [&] {
    return Open{.files = OpenThree(mount_ + std::string(BelowMount(path)) + "/", ".pressure")};
  });
  std::array<bool, 3> wanted = kAll;
  const bool knows = cgroup.totals && now.totals && cgroup.above.totals && cgroup.above.ref == now.ref;
  if (knows && round_ - cgroup.full_round < kAllAfter) {
    for (std::size_t index = 0; index < wanted.size(); ++index)
      wanted[index] = !IsSame(kTotals[index], *now.totals, *cgroup.above.totals);
  }
  PressureCounters totals = cgroup.totals.value_or(PressureCounters{});
  if (!ReadWanted(cgroup.files, wanted, totals)) {
    cgroup.totals.reset();
    return std::nullopt;
  }
  if (wanted == kAll) cgroup.full_round = round_;
  cgroup.round = round_;
  cgroup.above = now;
  cgroup.totals = totals;
  return totals;
}

MachinePressure::MachinePressure(const HostRoot& host)
    : files_(OpenThree(host.root + "/proc/pressure/", "")) {}

std::optional<PressureCounters> MachinePressure::Read() {
  PressureCounters totals;
  return ReadWanted(files_, kAll, totals) ? std::optional(totals) : std::nullopt;
}

}  // namespace loadline::agent

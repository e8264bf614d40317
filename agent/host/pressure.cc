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

std::optional<PressureCounters> ReadThree(const std::array<Fd, 3>& files) {
  std::array<char, 512> buffer;
  std::array<PressureTotals, 3> totals;
  bool any = false;
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (!files[index].valid()) continue;
    const auto text = ReadOpenFile(files[index].get(), buffer);
    if (!text) return std::nullopt;
    totals[index] = ParsePressure(*text);
    any = true;
  }
  if (!any) return std::nullopt;
  const auto& [cpu, memory, io] = totals;
  return PressureCounters{cpu.some_us, cpu.full_us, memory.some_us, memory.full_us, io.some_us, io.full_us};
}

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

std::optional<PressureCounters> PressureFiles::Read(std::uint32_t ref, std::string_view path) {
  if (!available()) return std::nullopt;
  return ReadThree(
      open_.Of(ref, [&] { return OpenThree(mount_ + std::string(BelowMount(path)) + "/", ".pressure"); }));
}

MachinePressure::MachinePressure(const HostRoot& host)
    : files_(OpenThree(host.root + "/proc/pressure/", "")) {}

std::optional<PressureCounters> MachinePressure::Read() {
  return ReadThree(files_);
}

}  // namespace loadline::agent

// The files rung of the counters: what agent/kernel's iterator reads in one pass, read from cgroup files.
//
// Files that move from second to second (CPU use, throttling, memory in use, OOM kills) are read at every
// pass and kept open, as far as the bound on open files goes; past the bound they are opened each time. The
// others (limits, memory.stat, peak) are read by passes over everything: limits change rarely, the peak is
// cumulative, and reading memory.stat makes the kernel sum up over all CPUs, at the cost of everybody else on
// the machine.
//
// On v2 a pass over what moves reads the CPU time first, from the top down. Memory grows, and kills happen, by what
// the tasks of a cgroup do, which takes CPU time, and v2 adds that up to the top: where none was used neither the
// other files nor the cgroups below are read. What others do to the memory of an idle cgroup, such as reclaiming it,
// is seen by the next pass over everything. On v1 a task may be in one place for CPU time and in another for memory.
#pragma once

#include <array>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/host/cgroup_mounts.h"
#include "agent/host/counter_files.h"
#include "agent/signal/cgroup_counters.h"
#include "schemas/base/fd.h"

namespace loadline::agent {

struct FileCounterOptions {
  std::size_t max_open_files = 4096;  // 0: every file is opened, read and closed, as a shell script would
  bool keep_all = false;              // keep those open too that only passes over everything read
};

class FileCounterSource final : public CounterSource {
 public:
  FileCounterSource(const CgroupMounts& mounts, FileCounterOptions options);

  // The cgroups to read: from their birth, by path, until their death.
  void Follow(std::uint32_t ref, std::string_view path);
  void Forget(std::uint32_t ref);

  Result<void> Sample(std::vector<CgroupCounters>& out, Depth depth) override;
  [[nodiscard]] std::uint64_t failed() const override { return failed_; }
  [[nodiscard]] std::size_t open_files() const { return open_files_; }

 private:
  struct File {
    std::string mount;
    const CounterFile* what;
  };
  enum class FileState : std::uint8_t { kClosed, kOpen, kAbsent };
  struct Followed {
    std::string path;
    CgroupCounters counters;
    std::vector<Fd> open;          // one a file, most of them closed
    std::vector<FileState> state;  // the same
    bool fresh = true;             // nothing was read yet
  };

  Result<void> SampleMoving(std::vector<CgroupCounters>& out);
  // Parents before their children.
  const std::vector<Followed*>& FromTheTop();
  void ReadAll(Followed& cgroup);
  // False when no CPU time was used since the last reading: then nothing else is read.
  bool ReadMoving(Followed& cgroup);
  void ReadFile(std::size_t index, Followed& cgroup);
  std::optional<std::string_view> ReadClosed(std::size_t index, Followed& cgroup, bool keep);

  const FileCounterOptions options_;
  std::vector<File> files_;
  bool all_on_unified_ = false;  // what moves
  std::unordered_map<std::uint32_t, Followed> cgroups_;
  std::vector<Followed*> from_the_top_;  // all of them, or empty when some have come or gone since
  std::array<char, 16384> buffer_;
  std::uint64_t failed_ = 0;
  std::size_t open_files_ = 0;
};

}  // namespace loadline::agent

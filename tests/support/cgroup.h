// A cgroup of a test's or the demo's own, on v2, v1 and hybrid machines alike.
//
//   OwnCgroup cgroup = OwnCgroup::Make("loadline-test-123/hungry").value();
//   cgroup.LimitCpu(100);                 // 100m
//   pid_t pid = cgroup.Spawn([] { for (;;) {} });
//
// Making one makes its parents too. Destroying one kills what still runs inside and removes it and every
// parent that is empty then. Paths are below the root of every hierarchy that has cpu, cpuacct, memory, and
// of the unified one (whose PSI files count even where it has no controller). Needs root. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/result.h"
#include "schemas/base/units.h"

namespace loadline::testing {

class OwnCgroup {
 public:
  static Result<OwnCgroup> Make(std::string name);
  OwnCgroup(OwnCgroup&& other) noexcept;
  OwnCgroup& operator=(OwnCgroup&&) = delete;
  ~OwnCgroup();

  // 0 removes the limit.
  Result<void> LimitCpu(MilliCores limit);
  // As the kubelet writes it: cpu.weight or cpu.shares.
  Result<void> RequestCpu(MilliCores request);
  Result<void> LimitMemory(Bytes limit);

  // Moves a process (0: the caller) into the cgroup, in every hierarchy.
  Result<void> Enter(pid_t pid = 0) const;
  // Forks a child that enters the cgroup, runs `work` and ends with status 0. -1 when the fork failed.
  pid_t Spawn(const std::function<void()>& work) const;
  // SIGKILL to every process inside; waits until the cgroup is empty, at most two seconds.
  void KillAll() const;

  // The content of a file of the hierarchy that carries this controller: Read("cpu", "cpu.stat"). Empty when
  // it cannot be read. "" names the unified hierarchy: Read("", "memory.pressure").
  [[nodiscard]] std::string Read(std::string_view controller, std::string_view file) const;
  // One number of a flat-keyed file ("nr_throttled 12"): 0 when it is not there.
  [[nodiscard]] std::uint64_t ReadKey(std::string_view controller, std::string_view file,
                                      std::string_view key) const;
  // Where the cgroup is in the hierarchy of this controller; empty when there is none.
  [[nodiscard]] std::string Folder(std::string_view controller) const;
  // "/loadline-test-123/hungry"
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Hierarchy {
    std::string mount;
    std::vector<std::string> controllers;
    bool unified = false;
  };
  explicit OwnCgroup(std::string path) : path_(std::move(path)) {}
  static std::vector<Hierarchy> Hierarchies();
  [[nodiscard]] const Hierarchy* Find(std::string_view controller) const;
  Result<void> Write(std::string_view controller, std::string_view file, const std::string& value) const;

  std::string path_;
  std::vector<Hierarchy> hierarchies_;
};

}  // namespace loadline::testing

// This machine with its probes running, as the agent would have it: hierarchies, names, events, samples.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/cgroup_mounts.h"
#include "agent/identity/cgroup_table.h"
#include "agent/kernel/kernel_probes.h"
#include "tests/kernel/own_name.h"

namespace loadline::testing {

class ProbedNode {
 public:
  explicit ProbedNode(agent::KernelProbesOptions options = {}, agent::CgroupTable::Options names = {})
      : table_(names) {
    mounts_ = agent::FindCgroupMounts({}).value();
    options.hierarchies = mounts_.hierarchies;
    probes_ = agent::KernelProbes::Open(options, table_);
    for (const auto& hierarchy : mounts_.hierarchies) NameAll(hierarchy, hierarchy.mount);
  }

  // One for all tests of the process that are content with the defaults: opening takes a while, above all in
  // an emulated machine.
  static ProbedNode& Shared() {
    static ProbedNode node;
    node.Listen(Duration::zero());  // A test before may have filled the ring.
    return node;
  }

  // Takes events for this long; births and deaths go to the table as well.
  void Listen(Duration patience) {
    table_.Advance(SystemClock().Now());
    probes_->Drain(SystemClock().Now() + patience, -1, [this](const agent::KernelEvent& event) {
      if (on_event) on_event(event);
      if (const auto* born = std::get_if<agent::CgroupBorn>(&event)) {
        if (!born->path.empty()) table_.Born(born->cgroup.hierarchy, born->cgroup.id, born->path);
      } else if (const auto* died = std::get_if<agent::CgroupDied>(&event)) {
        table_.Died(died->cgroup.hierarchy, died->cgroup.id);
      } else {
        events_.push_back(event);
      }
    });
  }

  template <typename Event>
  [[nodiscard]] std::vector<Event> Events() const {
    std::vector<Event> found;
    for (const auto& event : events_) {
      if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
    }
    return found;
  }

  // One pass of the iterator, with what the probes gathered.
  const std::vector<agent::CgroupCounters>& Sample(agent::Depth depth = agent::Depth::kAll) {
    Listen(Duration::zero());
    samples_.clear();
    if (probes_->counters() != nullptr) sampled_ = probes_->counters()->Sample(samples_, depth);
    probes_->MergeAggregates(samples_);
    return samples_;
  }

  // Of the last pass.
  [[nodiscard]] std::optional<agent::CgroupCounters> CountersOf(const std::string& path) const {
    const auto ref = table_.FindPath(path);
    for (const auto& sample : samples_) {
      if (ref && sample.ref == *ref) return sample;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string PathOf(const agent::KernelCgroup& cgroup) const {
    const auto ref = table_.Find(cgroup.hierarchy, cgroup.id);
    return ref ? std::string(table_.Path(*ref)) : "";
  }

  [[nodiscard]] wire::SignalRung RungOf(wire::Signal signal) const {
    for (const auto& rung : probes_->rungs()) {
      if (rung.signal == signal) return rung;
    }
    return {};
  }
  [[nodiscard]] bool Runs(wire::Signal signal) const { return RungOf(signal).rung != wire::Rung::kOff; }

  // Sees every event, births and deaths too.
  std::function<void(const agent::KernelEvent&)> on_event;

  agent::KernelProbes& probes() { return *probes_; }
  agent::CgroupTable& table() { return table_; }
  [[nodiscard]] const agent::CgroupMounts& mounts() const { return mounts_; }
  [[nodiscard]] const Result<void>& sampled() const { return sampled_; }

 private:
  void NameAll(const agent::CgroupHierarchy& hierarchy, const std::string& folder) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) return;
    const std::string path = folder.substr(hierarchy.mount.size());
    table_.Born(hierarchy.id, status.st_ino, path.empty() ? "/" : path);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.is_directory(error)) NameAll(hierarchy, entry.path().string());
    }
  }

  agent::CgroupMounts mounts_;
  agent::CgroupTable table_;
  std::unique_ptr<agent::KernelProbes> probes_;
  std::vector<agent::KernelEvent> events_;
  std::vector<agent::CgroupCounters> samples_;
  Result<void> sampled_;
};

}  // namespace loadline::testing

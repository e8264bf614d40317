// The kernel's log of this machine, followed: what its lines say of the node's health, as the collector is told.
//
// It is read from /dev/kmsg, which knows what was written before the agent started and numbers all records; where it may
// not be, a probe hands over lines as they are written (Line). A condition is told of until there is evidence that it is
// over: file systems have that, where the machine's mounts can be seen. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/health/fault_log.h"
#include "agent/health/kmsg_file.h"
#include "agent/health/log_text.h"
#include "agent/host/cgroup_mounts.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct KernelLogOptions {
  std::string file = "/dev/kmsg";
  std::vector<std::string> rules;  // files; none: the built-in ones
  // What happened longer before the start of the agent is told of only as far as it holds on.
  Duration lookback = std::chrono::minutes(5);
};

class KernelLog {
 public:
  // Fails when a file of rules is bad; a log that cannot be read is no failure.
  static Result<std::unique_ptr<KernelLog>> Open(const KernelLogOptions& options, const HostRoot& host,
                                                 Mono now);

  // Why the file is not read; empty: it is.
  [[nodiscard]] const std::string& unreadable() const { return unreadable_; }

  // A line that a probe has seen, in any form that the kernel gives it.
  void Line(std::string_view text, Mono at);

  // Reads what is new, and gives what is due to be told.
  std::vector<wire::HealthEvent> Read(Mono now, Wall wall);

  // Records of the file that were overwritten before they were read.
  [[nodiscard]] std::uint64_t lost() const { return file_ ? file_->lost() : 0; }

 private:
  // A condition that the collector believes to hold.
  struct Holding {
    std::string condition;
    std::string reason;
    std::string device;
    Mono since{};
  };

  KernelLog(FaultLog faults, const HostRoot& host) : faults_(std::move(faults)), host_(host) {}

  void TakeRecord(const KmsgRecord& record);
  void Hold(const LogFault& fault);
  void EndTheMended(Mono now, Wall wall, std::vector<wire::HealthEvent>& events);
  [[nodiscard]] std::optional<std::string> WhyOver(const Holding& holding, std::string_view mountinfo) const;

  FaultLog faults_;
  const HostRoot host_;
  std::optional<KmsgFile> file_;
  std::string unreadable_;
  LogText text_;
  std::vector<std::string_view> words_;
  std::vector<Holding> holding_;
  Mono looked_{};
};

}  // namespace loadline::agent

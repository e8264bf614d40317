// Which checks there are, and which of them run here. What a pod without further rights cannot see is not looked at; why,
// and what it would take, is said.
#pragma once

#include <string>
#include <vector>

#include "agent/checks/check.h"
#include "agent/host/cgroup_mounts.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct CheckOptions {
  std::vector<std::string> off;  // names of checks; "all"
  std::string kubelet;  // host:port; empty: 127.0.0.1:10248 where the agent shares the machine's network
  std::string runtime_socket;  // empty: the first of the usual ones that is there
  std::string dns_name;        // empty: see NameToAsk
  std::string plugins;         // folder; empty: none
};

// "mounts", "kubelet" ..., in the order in which they are shown.
std::vector<std::string> CheckNames();

// `reported_disks`: of which the agent reports size and read-only anyway. Fails when an option is wrong, or a file of plugins.
Result<std::vector<PlannedCheck>> PlanChecks(const CheckOptions& options, const HostRoot& host,
                                             const std::vector<std::string>& reported_disks);

}  // namespace loadline::agent

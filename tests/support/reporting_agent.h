// An agent without a kernel: the real uplink, and reports made up.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "agent/uplink/uplink.h"
#include "schemas/base/clock.h"

namespace loadline::test {

inline std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As the agent of `node` would connect to a collector with this state folder.
inline agent::UplinkOptions UplinkTo(const std::string& endpoint, const std::string& state_folder,
                                     const std::string& node) {
  agent::UplinkOptions options;
  options.endpoint = endpoint;
  options.collector_key = ReadWhole(state_folder + "/keys/collector.pub").substr(0, 40);
  options.key_file = state_folder + "/keys/agents/agent.key";
  options.token_file = state_folder + "/token";
  options.hello.node = node;
  options.hello.boot_id = "boot";
  options.hello.agent_version = "test";
  options.hello.kernel_version = "test";
  options.hello.capacity = {.cpu = 4000, .memory = 8 * kGiB};
  options.session.longest_backoff = std::chrono::milliseconds(200);
  options.session.silence = std::chrono::seconds(3);
  return options;
}

// A window of `containers` plain cgroups that each used 0.5 core and 100 MiB. The first one names them.
inline wire::Report ReportOf(std::uint32_t containers, Wall end, bool first) {
  wire::Report report;
  report.window_end_ns = end.time_since_epoch().count();
  report.window_start_ns = (end - std::chrono::seconds(10)).time_since_epoch().count();
  report.samples = 10;
  for (std::uint32_t ref = 1; ref <= containers; ++ref) {
    if (first) {
      report.identities.push_back(
          {.ref = ref, .kind = wire::CgroupKind::kPlain, .path = "/load/" + std::to_string(ref)});
    }
    wire::ContainerWindow window{.ref = ref};
    window.cpu = wire::CpuWindow{.usage_us = 5'000'000, .one_second = {{.bucket = 40, .count = 10}}};
    window.memory = wire::MemoryWindow{.current = 100 * kMiB, .peak = 100 * kMiB, .anon = 90 * kMiB};
    report.containers.push_back(std::move(window));
  }
  return report;
}

inline wire::OomKill KillIn(const std::string& path, Wall at) {
  const wire::CgroupIdentity cgroup{.kind = wire::CgroupKind::kPlain, .path = path};
  return {.at_ns = at.time_since_epoch().count(),
          .victim = cgroup,
          .limit_owner = cgroup,
          .owner_usage = 64 * kMiB,
          .owner_limit = 64 * kMiB,
          .victim_rss = 60 * kMiB,
          .pid = 4242,
          .command = "eater"};
}

}  // namespace loadline::test

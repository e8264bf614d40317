#include "tests/bench/load/synthetic_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadline::bench {
namespace {

constexpr Bytes kPage = 4096;

}  // namespace

SyntheticNode::SyntheticNode(std::uint32_t number, int containers)
    : name_(fmt::format("node-{:05}", number)),
      number_(number),
      random_(number * 2654435761u + 1),
      containers_(containers) {
  for (Container& container : containers_) {
    container.cpu_bucket = static_cast<std::uint8_t>(20 + Random() % 80);
    container.memory = kPage * static_cast<Bytes>(1000 + Random() % 200'000);
  }
}

wire::Report SyntheticNode::Window(Wall now, Duration length) {
  const auto end = now.time_since_epoch().count();
  wire::Report report{.window_start_ns = end - length.count(),
                      .window_end_ns = end,
                      .samples = static_cast<std::uint32_t>(length / std::chrono::seconds(1)),
                      .node = {.memory_available = 20 * kGiB,
                               .pressure = {.cpu_some_us = Random() % 100'000},
                               .disks = {{.path = "/", .free = 50 * kGiB, .total = 100 * kGiB}}},
                      .agent_cpu_us = 9'000,
                      .agent_rss = 20 * kMiB};
  for (std::uint32_t ref = 1; ref <= containers_.size(); ++ref) {
    if (first_) report.identities.push_back(IdentityOf(ref));
    report.containers.push_back(WindowOf(ref, containers_[ref - 1]));
  }
  first_ = false;
  return report;
}

wire::CgroupIdentity SyntheticNode::IdentityOf(std::uint32_t ref) const {
  // Two containers a pod.
  const std::string pod = fmt::format("{:08x}-0000-4000-8000-{:012x}", number_, ref / 2);
  const std::string id = fmt::format("{:032x}{:032x}", number_, ref);
  return {.ref = ref,
          .kind = wire::CgroupKind::kPodContainer,
          .qos = wire::QosClass::kBurstable,
          .path = fmt::format("/kubepods.slice/kubepods-burstable.slice/pod{}/{}", pod, id),
          .pod_uid = pod,
          .container_id = id};
}

// All use CPU, seven of ten have moved in memory, every second has a quota, every fiftieth is always stopped
// by it (and is an alert), two of ten wait for a CPU.
wire::ContainerWindow SyntheticNode::WindowOf(std::uint32_t ref, Container& container) {
  wire::ContainerWindow window{.ref = ref};
  const auto bucket = static_cast<std::uint8_t>(container.cpu_bucket + Random() % 5);
  const auto at = [&](int offset) { return static_cast<std::uint8_t>(bucket + offset); };
  // The recommender's bucket i begins at 0.01 * (1.05^i - 1) / 0.05 cores.
  const double cores = 0.2 * (std::pow(1.05, bucket) - 1);
  window.cpu = wire::CpuWindow{.usage_us = static_cast<std::uint32_t>(cores * 1e7),
                               .one_second = {{at(0), 3}, {at(1), 5}, {at(2), 2}},
                               .run_queue_wait_us = Random() % 20'000};
  if (ref % 2 == 0) window.throttle = wire::ThrottleWindow{.periods = 100};
  if (ref % 50 == 0) {
    *window.throttle = {.periods = 100,
                        .throttled_periods = 30 + Random() % 20,
                        .throttled_us = Random() % 5'000'000,
                        .episodes = Random() % 100,
                        .longest_us = Random() % 90'000};
  }
  if (first_ || Random() % 10 < 7) {
    container.memory =
        std::max(100 * kPage, container.memory + kPage * (static_cast<Bytes>(Random() % 2001) - 1000));
    window.memory = wire::MemoryWindow{.current = container.memory,
                                       .peak = container.memory + 50 * kPage,
                                       .anon = container.memory / 2 / kPage * kPage,
                                       .file = container.memory / 4 / kPage * kPage,
                                       .kernel = 10 * kPage,
                                       .inactive_file = container.memory / 8 / kPage * kPage};
    window.processes = 1 + Random() % 20;
  }
  if (Random() % 10 < 2) window.pressure = wire::PressureWindow{.cpu_some_us = Random() % 500'000};
  if (first_) {
    window.limits = wire::CgroupLimits{
        .cpu_limit = 1000, .cpu_request = 250, .memory_limit = 2 * kGiB, .memory_request = kGiB};
  }
  return window;
}

// A linear congruential generator: this is the hot path of the load.
std::uint32_t SyntheticNode::Random() {
  random_ = random_ * 1664525u + 1013904223u;
  return random_ >> 8;
}

}  // namespace loadline::bench

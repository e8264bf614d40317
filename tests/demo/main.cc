// loadline-demo: runs the demo's workloads until it is told to stop, and leaves no cgroup behind.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/demo/workloads.h"

namespace {

volatile sig_atomic_t stop = 0;

void Tend(std::vector<loadline::demo::Running>& workloads) {
  while (stop == 0) {
    for (auto& workload : workloads) workload.Tend();
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Three workloads in cgroups of their own: one throttled, one OOM-killed again and again, one that asks "
      "for far more than it uses. Runs until SIGINT or SIGTERM; needs root.");
  CLI11_PARSE(app, argc, argv);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, [](int) { stop = 1; });

  std::vector<loadline::demo::Running> workloads;
  for (const auto& workload : loadline::demo::DemoWorkloads()) {
    auto running = loadline::demo::Running::Start(workload);
    if (!running) {
      std::fprintf(stderr, "loadline-demo: %s\n", running.error().message.c_str());
      return 1;
    }
    std::printf("%-8s %s\n", workload.name.c_str(), workload.story.c_str());
    std::fflush(stdout);
    workloads.push_back(std::move(*running));
  }
  Tend(workloads);
  return 0;
}

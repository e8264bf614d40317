// loadline-demo: runs the demo's workloads until it is told to stop, and leaves no cgroup behind.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/demo/contest.h"
#include "tests/demo/workloads.h"

namespace {

volatile sig_atomic_t stop = 0;

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int Fail(const loadline::Error& error) {
  std::fprintf(stderr, "loadline-demo: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Three workloads in cgroups of their own: one throttled, one OOM-killed again and again, one that asks "
      "for far more than it uses. Runs until SIGINT or SIGTERM; needs root.");
  std::string server;
  app.add_option("--contest", server,
                 "The collector's page: run one more workload twice, limited as two algorithms recommend");
  CLI11_PARSE(app, argc, argv);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, [](int) { stop = 1; });

  std::vector<loadline::demo::Running> workloads;
  for (const auto& workload : loadline::demo::DemoWorkloads()) {
    auto running = loadline::demo::Running::Start(workload);
    if (!running) return Fail(running.error());
    Say(fmt::format("{:<16}  {}", workload.name, workload.story));
    workloads.push_back(std::move(*running));
  }
  const loadline::SystemClock clock;
  loadline::demo::Contest contest({.server = server}, Say);
  if (!server.empty()) {
    for (const auto& workload : loadline::demo::ContestWorkloads()) {
      Say(fmt::format("{:<16}  {}", workload.name, workload.story));
    }
    if (auto started = contest.Start(clock.Now()); !started) return Fail(started.error());
  }
  while (stop == 0) {
    for (auto& workload : workloads) workload.Tend();
    contest.Step(clock.Now());
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  return 0;
}

// How long a pass over a large cluster takes, what a container costs in memory, and what a sample costs in
// time.
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include "collector/recommend/algorithm.h"
#include "collector/usage/container_usage.h"
#include "tests/bench/figure.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;
using collector::ContainerUsage;

constexpr int kContainers = 100'000;
constexpr int kDistinct = 1000;  // fed one by one; the others are copies, which differ in nothing that costs
constexpr int kDays = 14;
const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

// A small generator with a fixed seed, so that every run feeds the same.
struct Noise {
  std::uint32_t state = 1;
  double operator()() {
    state = state * 1664525 + 1013904223;
    return static_cast<double>(state >> 8) / (1 << 24);
  }
};

// Two weeks, a window each five minutes: a base, a daily wave, noise, and bursts now and then.
ContainerUsage Fed(int seed, Noise& noise, std::span<const collector::SampleNeed> needs = {}) {
  ContainerUsage usage;
  usage.Keep(needs);
  const double base = 0.01 * (1 + seed % 300);
  const double memory = 2e7 * (1 + seed % 200);
  for (int i = 1; i <= kDays * 288; ++i) {
    const double wave = 1 + 0.5 * ((i / 12) % 24 > 8);
    const double burst = noise() > 0.99 ? 4 : 1;
    const double cores = base * wave * burst * (0.8 + 0.4 * noise());
    const wire::CpuWindow::Bin bin{
        .bucket = static_cast<std::uint8_t>(collector::BucketScheme::Cpu().Find(cores)), .count = 10};
    const Wall at = kStart + i * 5min;
    usage.AddCpu({.at = at, .interval = 5min, .usage_cores = cores, .one_second = {&bin, 1}});
    usage.AddMemory(
        {.at = at, .interval = 5min, .working_set = static_cast<Bytes>(memory * (1 + 0.1 * noise()))});
  }
  return usage;
}

// Time this thread spent on a core: what others do to the machine meanwhile is not ours.
double Milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The least of five runs, in milliseconds.
template <typename Work>
double Best(Work&& work) {
  double best = HUGE_VAL;
  for (int run = 0; run < 5; ++run) {
    const double begin = Milliseconds();
    work();
    best = std::min(best, Milliseconds() - begin);
  }
  return best;
}

// Those that rank samples cost more, and only where they are chosen: a thousand containers of each.
void RunRanking(const char* name, bool json) {
  const auto algorithm = *collector::MakeAlgorithm(name);
  Noise noise;
  std::vector<ContainerUsage> all;
  const std::array needs{*algorithm->samples()};
  for (int i = 0; i < kDistinct; ++i) all.push_back(Fed(i, noise, needs));
  double bytes = 0;
  for (const ContainerUsage& usage : all) bytes += static_cast<double>(usage.SizeBytes());
  std::int64_t sum = 0;
  const double pass = Best([&] {
    for (const ContainerUsage& usage : all)
      sum += algorithm->Recommend(usage, {}, kStart + kDays * 24h).cpu.target;
  });
  bench::Print("recommend",
               {.metric = fmt::format("{}_pass_1k_ms", name), .value = sum > 0 ? pass : 0, .unit = "ms"},
               json);
  bench::Print(
      "recommend",
      {.metric = fmt::format("{}_bytes_per_container", name), .value = bytes / kDistinct, .unit = "B"}, json);
}

void Run(bool json) {
  Noise noise;
  std::vector<ContainerUsage> distinct;
  for (int i = 0; i < kDistinct; ++i) distinct.push_back(Fed(i, noise));
  std::vector<ContainerUsage> all;
  all.reserve(kContainers);
  for (int i = 0; i < kContainers; ++i) all.push_back(distinct[static_cast<std::size_t>(i % kDistinct)]);

  double bytes = 0;
  for (const ContainerUsage& usage : all) bytes += static_cast<double>(usage.SizeBytes());

  const auto algorithm = *collector::MakeAlgorithm("loadline");
  const collector::Context context{.request = {.cpu = 500, .memory = 512 * kMiB}};
  std::int64_t sum = 0;
  const double pass = Best([&] {
    for (const ContainerUsage& usage : all) {
      sum += algorithm->Recommend(usage, context, kStart + kDays * 24h).cpu.target;
    }
  });

  // Windows of ten seconds for each container in turn, as the collector feeds those of a few nodes.
  constexpr int kRounds = 100;
  const wire::CpuWindow::Bin bins[] = {{.bucket = 12, .count = 7}, {.bucket = 15, .count = 3}};
  Wall at = kStart + kDays * 24h;
  const double feed = Best([&] {
    for (int round = 0; round < kRounds; ++round) {
      at += 10s;
      for (ContainerUsage& usage : distinct) {
        usage.AddCpu({.at = at,
                      .interval = 10s,
                      .usage_cores = 0.2,
                      .one_second = bins,
                      .limit = 500,
                      .periods = 100});
        usage.AddMemory({.at = at, .interval = 10s, .working_set = 100 * kMiB});
      }
    }
  });
  const double add = feed * 1e6 / (2.0 * kRounds * kDistinct);

  bench::Print("recommend", {.metric = "pass_100k_ms", .value = pass, .unit = "ms"}, json);
  bench::Print("recommend", {.metric = "bytes_per_container", .value = bytes / kContainers, .unit = "B"},
               json);
  bench::Print("recommend", {.metric = "add_sample_ns", .value = add, .unit = "ns"}, json);
  for (const char* name : {"krr", "max:7:0.15", "autopilot", "autopilot-ml"}) RunRanking(name, json);
  if (sum == 0) std::puts("nothing was recommended");  // Keeps the pass from being optimised away.
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  loadline::Run(argc > 1 && std::string_view(argv[1]) == "--json");
}

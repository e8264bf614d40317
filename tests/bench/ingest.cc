// How many containers a collector takes in: N agents over real connections against the real collector.
//
//   bench_ingest [--agents 1000] [--containers 100] [--seconds 70] [--json]
//
// Connects, waits until every node has been heard once, then measures for so many seconds. Figures:
//   samples_per_core_second  container windows committed for each second of CPU that the collector used
//   core_share               of one core, while it was measured
//   rss_bytes_per_container  the collector's whole RSS at the end, divided by the containers
//   pass_ms                  CPU-thread time of a full recommendation pass over all of them (one a minute,
//                            and in slices: waits for one, under load, when the measured time has not seen
//                            it end)
//   wire_bytes_per_container_window, late_records: what the load itself was like
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/bench/load/collector_process.h"
#include "tests/bench/load/fleet.h"

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;

struct Options {
  int agents = 1000;
  int containers = 100;
  int seconds = 70;
  bool json = false;
};

void Print(const Options& options, const char* metric, double value, const char* unit) {
  if (options.json) {
    fmt::print(R"({{"bench": "ingest", "metric": "{}", "value": {:.6g}, "unit": "{}"}})"
               "\n",
               metric, value, unit);
  } else {
    fmt::print("{:<34} {:>14.6g} {}\n", metric, value, unit);
  }
  std::fflush(stdout);
}

// Every connection of ours takes a few.
void RaiseOpenFiles(int agents) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(agents) * 8 + 1024);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Reading {
  Mono at;
  double cpu_seconds = 0;
  double samples = 0;
  double pass_seconds = 0;
  double containers = 0;
};

Result<Reading> Read(CollectorProcess& collector) {
  Reading reading{.at = SystemClock().Now(), .cpu_seconds = collector.CpuSeconds()};
  const auto status = collector.Status();
  if (!status) return Failure(status.error());
  reading.samples = status->at("collector").at("container_samples").get<double>();
  reading.pass_seconds = status->at("collector").at("recommend_pass_seconds").get<double>();
  return reading;
}

// Until every node has sent its first window and all are acknowledged.
Result<void> WarmUp(Fleet& fleet, const Options& options) {
  const Mono end = SystemClock().Now() + 120s;
  while (SystemClock().Now() < end) {
    fleet.RunUntil(SystemClock().Now() + 500ms);
    const Fleet::Counts counts = fleet.counts();
    const auto all = static_cast<std::uint64_t>(options.agents);
    if (counts.connected == options.agents && counts.acknowledged_records >= all) return {};
  }
  return Failure(ErrorKind::kUnavailable,
                 fmt::format("only {} of {} agents are connected after 2 min, {} records acknowledged",
                             fleet.counts().connected, options.agents, fleet.counts().acknowledged_records));
}

// Passes that ended before the warm-up did have not seen all containers.
Result<double> AwaitPass(CollectorProcess& collector, Fleet& fleet, const Reading& before, Reading latest) {
  const Mono end = SystemClock().Now() + 180s;
  while (latest.pass_seconds == before.pass_seconds) {
    if (SystemClock().Now() > end) return Failure(ErrorKind::kUnavailable, "no recommendation pass in 3 min");
    fleet.RunUntil(SystemClock().Now() + 5s);
    const auto read = Read(collector);
    if (!read) return Failure(read.error());
    latest = *read;
  }
  return latest.pass_seconds;
}

Result<void> Run(const Options& options) {
  const char* folder = std::getenv("LOADLINE_BIN");
  const std::string binary = std::string(folder ? folder : "build/release/bin") + "/loadline-collector";
  auto collector = CollectorProcess::Start(binary);
  if (!collector) return Failure(collector.error());
  RaiseOpenFiles(options.agents);
  auto fleet = Fleet::Start({.endpoint = (*collector)->endpoint(),
                             .collector_key = (*collector)->public_key(),
                             .key_file = (*collector)->agent_key_file(),
                             .token = (*collector)->token(),
                             .agents = options.agents,
                             .containers = options.containers});
  if (!fleet) return Failure(fleet.error());
  if (auto warm = WarmUp(**fleet, options); !warm) return warm;

  const auto before = Read(**collector);
  if (!before) return Failure(before.error());
  const Fleet::Counts load_before = (*fleet)->counts();
  (*fleet)->RunUntil(before->at + std::chrono::seconds(options.seconds));
  const auto after = Read(**collector);
  if (!after) return Failure(after.error());
  const Fleet::Counts load_after = (*fleet)->counts();

  const auto pass_seconds = AwaitPass(**collector, **fleet, *before, *after);
  if (!pass_seconds) return Failure(pass_seconds.error());

  const double cpu = after->cpu_seconds - before->cpu_seconds;
  const double containers = static_cast<double>(options.agents) * options.containers;
  const auto windows = static_cast<double>(load_after.windows - load_before.windows) * options.containers;
  Print(options, "samples_per_core_second", (after->samples - before->samples) / cpu, "1/s");
  Print(options, "core_share", cpu / Seconds(after->at - before->at), "cores");
  Print(options, "rss_bytes_per_container", static_cast<double>((*collector)->Rss()) / containers, "B");
  Print(options, "pass_ms", *pass_seconds * 1000, "ms");
  Print(options, "wire_bytes_per_container_window",
        static_cast<double>(load_after.sent_bytes - load_before.sent_bytes) / windows, "B");
  Print(options, "late_records", static_cast<double>(load_after.spooled_records + load_after.dropped_records),
        "");
  return {};
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  loadline::bench::Options options;
  CLI::App app("How many containers a collector takes in, at what cost.");
  app.add_option("--agents", options.agents)->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--containers", options.containers, "on each node")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "to measure")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  const auto done = loadline::bench::Run(options);
  if (done) return 0;
  fmt::print(stderr, "ingest: {}\n", done.error().message);
  return 1;
}

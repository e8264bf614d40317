// Serves a handmade cluster, live, until its standard input ends: the page, the API and the metrics without a
// collector. Prints its address first.
//
//   loadline-handmade --workloads 10000 --port 0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "collector/web/server.h"
#include "tests/support/handmade_snapshot.h"
#include "tests/support/memory_journal.h"

namespace {

using namespace loadline;
using namespace loadline::collector;

class Nobody final : public Outbox {
 public:
  bool Offer(const Notification& /*notification*/) override { return true; }
};

// Alerting of its own behind Alertmanager's API; it knows nothing of the handmade alerts.
class Desk final : public AlertDesk {
 public:
  bool With(const std::function<void(Alerting& alerting, Wall now)>& work) override {
    const std::lock_guard lock(mutex_);
    work(alerting_, clock_.WallNow());
    shown_ = alerting_.Show(clock_.WallNow());
    return true;
  }
  [[nodiscard]] std::shared_ptr<const AlertsShown> Shown() const override {
    const std::lock_guard lock(mutex_);
    return shown_;
  }

 private:
  mutable std::mutex mutex_;
  const SystemClock clock_;
  const RoutingPlan plan_ = PlanFor({.name = "default", .integrations = {}});
  test::MemoryJournal journal_;
  Nobody outbox_;
  Alerting alerting_{{}, plan_, journal_, outbox_};
  std::shared_ptr<const AlertsShown> shown_ = alerting_.Show(clock_.WallNow());
};

}  // namespace

int main(int argc, char** argv) {
  HandmadeCluster cluster;
  WebOptions options{.port = 0};
  double every = 2;
  CLI::App app("serves a handmade cluster until standard input ends");
  app.add_option("--workloads", cluster.workloads);
  app.add_option("--nodes", cluster.nodes);
  app.add_option("--port", options.port);
  app.add_option("--streams", options.streams);
  app.add_option("--every", every, "seconds between snapshots");
  std::string write_token;
  app.add_option("--write-token", write_token, "whoever makes silences must show it");
  std::string read_token;
  app.add_option("--read-token", read_token, "whoever reads must show it");
  std::uint16_t probes = 0;
  app.add_option("--probes-port", probes, "probes are answered there, too");
  CLI11_PARSE(app, argc, argv);
  if (probes != 0) options.probes = ProbeAddress{.port = probes};
  if (!read_token.empty()) {
    options.may_read = [&](const std::string& token, std::string_view, std::string_view) -> Result<void> {
      if (token == read_token) return {};
      return Failure(ErrorKind::kInvalid, token.empty() ? "a token is needed" : "the token is wrong");
    };
  }
  Desk desk;
  options.alerts.desk = &desk;
  options.alerts.may_write = [&](const std::string& token) -> Result<void> {
    if (token == write_token) return {};
    return Failure(ErrorKind::kDenied, "a token is needed");
  };

  const SystemClock clock;
  std::atomic<std::shared_ptr<const Snapshot>> latest;
  const auto publish = [&] {
    cluster.now = clock.WallNow();
    latest = HandmadeSnapshot(cluster);
  };
  publish();  // who reads the address may ask at once
  auto server = WebServer::Start(options, [&] { return latest.load(); }, clock);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message);
    return 1;
  }
  const std::jthread publisher([&](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      stopped.wait_for(lock, stop, std::chrono::duration<double>(every), [] { return false; });
      publish();
    }
  });
  fmt::print("{}\n", (*server)->url());
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

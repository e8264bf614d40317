// Serves a handmade cluster, live, until its standard input ends: the page, the API and the metrics without a
// collector. Prints its address first.
//
//   loadline-handmade --workloads 10000 --port 0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <thread>

#include "collector/web/server.h"
#include "tests/support/handmade_snapshot.h"

int main(int argc, char** argv) {
  using namespace loadline;
  using namespace loadline::collector;
  HandmadeCluster cluster;
  WebOptions options{.port = 0};
  double every = 2;
  CLI::App app("serves a handmade cluster until standard input ends");
  app.add_option("--workloads", cluster.workloads);
  app.add_option("--nodes", cluster.nodes);
  app.add_option("--port", options.port);
  app.add_option("--streams", options.streams);
  app.add_option("--every", every, "seconds between snapshots");
  CLI11_PARSE(app, argc, argv);

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
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::duration<double>(every));
      publish();
    }
  });
  fmt::print("{}\n", (*server)->url());
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

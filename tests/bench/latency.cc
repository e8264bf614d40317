// From an OOM kill to the message at the webhook: agent, collector and Slack's sink as users run them, on
// this machine's kernel.
//
// Each victim grows in a cgroup of its own until the limit kills it, and notes the time before every page it
// touches: the last note is the moment before the fatal page, so that reclaim and the kill itself are counted
// too. The other end is the moment at which a stand-in for the webhook has read the whole request. One kill
// at a time, no faster than Slack's rate of one message a second.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/bench/figure.h"
#include "tests/end_to_end/own_run.h"
#include "tests/support/cgroup.h"
#include "tests/support/slack.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;

struct Options {
  int kills = 100;
  double interval = 1.2;  // seconds between kills
  bool json = false;
  bool verbose = false;
};

constexpr Bytes kLimit = 16 * kMiB;

// A page that victims share with us: the monotonic nanosecond of their last sign of life.
class LastSign {
 public:
  LastSign()
      : at_(static_cast<std::atomic<std::int64_t>*>(
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  void Note() {
    at_->store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  }
  [[nodiscard]] Mono at() const { return Mono(std::chrono::nanoseconds(at_->load())); }

 private:
  std::atomic<std::int64_t>* at_;
};

void Grow(LastSign& sign) {
  constexpr std::size_t kSpan = 256UL << 20;
  auto* memory = static_cast<volatile char*>(
      mmap(nullptr, kSpan, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (std::size_t i = 0; i < kSpan; i += 4096) {
    sign.Note();
    memory[i] = 1;
  }
}

// The arrival of the message that names this cgroup; nothing when it does not come within five seconds.
std::optional<Mono> Arrival(const test::Slack& slack, const std::string& name) {
  for (const Mono end = std::chrono::steady_clock::now() + 5s; std::chrono::steady_clock::now() < end;) {
    for (const auto& posted : slack.posted()) {
      if (test::VisibleText(posted.message).find(name) != std::string::npos) return posted.at;
    }
    std::this_thread::sleep_for(5ms);
  }
  return std::nullopt;
}

// Milliseconds of one kill, or nothing when it was not told.
std::optional<double> OneKill(const std::string& name, const test::Slack& slack) {
  auto cgroup = testing::OwnCgroup::Make(name);
  if (!cgroup || !cgroup->LimitMemory(kLimit)) return std::nullopt;
  LastSign sign;
  const pid_t pid = cgroup->Spawn([&sign] { Grow(sign); });
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status)) return std::nullopt;
  const std::optional<Mono> arrival = Arrival(slack, name);
  if (!arrival) return std::nullopt;
  return Seconds(*arrival - sign.at()) * 1e3;
}

double Percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  return values[rank];
}

int Measure(const Options& options) {
  test::Slack slack;
  test::OwnRun run({"--slack-webhook", slack.WebhookUrl()});
  if (!run.Serves()) {
    fmt::print(stderr, "the programs do not start:\n{}\n", run.Printed());
    return 1;
  }
  std::this_thread::sleep_for(3s);  // the agent says hello and takes its first samples
  std::vector<double> milliseconds;
  int untold = 0;
  for (int i = 0; i < options.kills; ++i) {
    const Mono next =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(int(options.interval * 1e3));
    const auto took = OneKill(fmt::format("loadline-latency-{}/victim-{}", ::getpid(), i), slack);
    took ? milliseconds.push_back(*took) : void(++untold);
    if (options.verbose) fmt::print(stderr, "kill {}: {} ms\n", i, took.value_or(-1));
    std::this_thread::sleep_until(next);
  }
  if (milliseconds.empty()) {
    fmt::print(stderr, "no kill was told:\n{}\n", run.Printed());
    return 1;
  }
  bench::Print("latency",
               {.metric = "oom_to_webhook_p50_ms", .value = Percentile(milliseconds, 0.5), .unit = "ms"},
               options.json);
  bench::Print("latency",
               {.metric = "oom_to_webhook_p99_ms", .value = Percentile(milliseconds, 0.99), .unit = "ms"},
               options.json);
  bench::Print("latency",
               {.metric = "oom_to_webhook_max_ms", .value = Percentile(milliseconds, 1), .unit = "ms"},
               options.json);
  bench::Print("latency", {.metric = "kills", .value = double(milliseconds.size()), .unit = "kills"},
               options.json);
  bench::Print("latency", {.metric = "untold_kills", .value = double(untold), .unit = "kills"}, options.json);
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  loadline::Options options;
  CLI::App app("OOM kill to webhook, through the real programs");
  app.add_option("--kills", options.kills);
  app.add_option("--interval", options.interval, "seconds between kills");
  app.add_flag("--json", options.json);
  app.add_flag("--verbose", options.verbose);
  CLI11_PARSE(app, argc, argv);
  if (::geteuid() != 0) {
    std::fputs("the agent and the victims' cgroups need root\n", stderr);
    return 1;
  }
  return loadline::Measure(options);
}

// What the agent costs its node: a thousand cgroups, a hundred of them busy, sampled each second.
//
// The real program runs beside this one and reports to a collector's ingest in it; its CPU time and memory
// are read from /proc, its bytes from the frames that arrive. What one pass costs is measured here, in CPU
// time of this thread, over the same cgroups and the same counters: through the agent's own source, with
// files that are opened, read and closed, and with files that are kept open. With --hold the cgroups stay until
// standard input ends, for others to be measured over them (tests/bench/sampling.py).
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "agent/source/machine_source.h"
#include "collector/ingest/ingest.h"
#include "collector/ingest/key_files.h"
#include "tests/bench/figure.h"
#include "tests/support/cgroup.h"

extern char** environ;

namespace loadline {
namespace {

using namespace std::chrono_literals;

struct BenchOptions {
  int cgroups = 1000;
  int busy = 100;
  int seconds = 40;
  bool json = false;
  bool hold = false;
};

// ---- the cgroups

// Uses a little CPU ten times a second, is stopped by its quota of 10m now and then, and needs more memory in
// one window than in another.
void BeBusy(int number) {
  for (unsigned round = 0;; ++round) {
    const std::vector<char> memory(static_cast<std::size_t>(1 + (number + round / 40) % 4) << 18, 'x');
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::microseconds(round % 8 == 0 ? 1500 : 100);
    while (std::chrono::steady_clock::now() < end) {
    }
    std::this_thread::sleep_for(100ms);
  }
}

Result<std::vector<testing::OwnCgroup>> MakeCgroups(const BenchOptions& options) {
  std::vector<testing::OwnCgroup> made;
  for (int number = 0; number < options.cgroups; ++number) {
    // As long as a container's name.
    auto cgroup = testing::OwnCgroup::Make(fmt::format("loadline-bench-{}/{:064x}", ::getpid(), number));
    if (!cgroup) return Failure(cgroup.error());
    (void)cgroup->LimitMemory(64 * kMiB);
    if (number < options.busy) {
      if (auto limited = cgroup->LimitCpu(10); !limited) return Failure(limited.error());
      if (cgroup->Spawn([number] { BeBusy(number); }) < 0) {
        return Failure(ErrorKind::kExhausted, "cannot start processes");
      }
    }
    made.push_back(*std::move(cgroup));
  }
  return made;
}

// ---- one pass

double ThreadCpuMs() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// The mean of passes a second apart, as the agent makes them: caches are as cold as they are then.
template <typename Pass>
double MeanPassMs(const Pass& pass) {
  constexpr int kPasses = 10;  // as many as a window has
  pass();                      // opens what it keeps open
  double sum = 0;
  for (int count = 0; count < kPasses; ++count) {
    std::this_thread::sleep_for(1s);
    const double before = ThreadCpuMs();
    pass();
    sum += ThreadCpuMs() - before;
  }
  return sum / kPasses;
}

double FilePassMs(const agent::MachineSource& machine, std::size_t max_open) {
  agent::FileCounterSource files(machine.mounts(), {.max_open_files = max_open, .keep_all = true});
  for (std::uint32_t ref = 1; ref < 100'000; ++ref) {
    if (machine.table().IsAlive(ref)) files.Follow(ref, machine.table().Path(ref));
  }
  std::vector<agent::CgroupCounters> samples;
  return MeanPassMs([&] { (void)files.Sample(samples, agent::Depth::kAll); });
}

struct PassFigures {
  double cgroups = 0;  // in all, those of others too
  double agent_ms = 0;
  double open_read_close_ms = 0;
  double kept_open_ms = 0;
};

Result<PassFigures> MeasurePasses() {
  const SystemClock clock;
  auto machine = agent::MachineSource::Open({}, clock.Now());
  if (!machine) return Failure(machine.error());
  const auto drain = [&] { (*machine)->WaitUntil(clock.Now(), -1, [](const agent::KernelEvent&) {}); };
  drain();
  PassFigures figures;
  int number = 0;
  figures.agent_ms = MeanPassMs([&] {
    drain();
    (void)(*machine)->Sample(clock.Now(), number++ % 10 == 0 ? agent::Depth::kAll : agent::Depth::kMoving);
  });
  figures.cgroups = static_cast<double>((*machine)->table().alive());
  figures.open_read_close_ms = FilePassMs(**machine, 0);
  figures.kept_open_ms = FilePassMs(**machine, 1'000'000);
  return figures;
}

// ---- the program

// The collector's ingest, which takes everything for committed at once, and counts what containers cost.
class Receiver {
 public:
  static Result<std::unique_ptr<Receiver>> Start(const std::filesystem::path& folder) {
    auto keys = collector::EnsureCurveKeys(folder);
    if (!keys) return Failure(keys.error());
    std::unique_ptr<Receiver> receiver(new Receiver);
    auto ingest = collector::Ingest::Start({.endpoint = "tcp://127.0.0.1:0", .keys = *keys}, {},
                                           receiver->tokens_, receiver->deliveries_, receiver->clock_);
    if (!ingest) return Failure(ingest.error());
    receiver->ingest_ = *std::move(ingest);
    receiver->thread_ = std::jthread([raw = receiver.get()](const std::stop_token& stop) { raw->Run(stop); });
    return receiver;
  }

  [[nodiscard]] std::string endpoint() const { return ingest_->endpoint(); }
  void CountFromNow() { bytes_ = containers_ = reports_ = 0; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t containers() const { return containers_; }
  [[nodiscard]] std::uint64_t reports() const { return reports_; }

 private:
  struct AnyToken final : collector::TokenVerifier {
    Result<std::string> Verify(std::string_view, std::string_view claimed, std::string_view) override {
      return std::string(claimed);
    }
  };

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto delivery = deliveries_.Pop(100ms);
      const auto* record = delivery ? std::get_if<collector::IngestedRecord>(&*delivery) : nullptr;
      if (record == nullptr) continue;
      if (const auto* report = std::get_if<wire::Report>(&record->record.body)) {
        bytes_ += record->frame.size();
        containers_ += report->containers.size();
        ++reports_;
      }
      ingest_->Committed({{record->id.node, record->id.epoch, record->id.sequence}});
    }
  }

  SystemClock clock_;
  AnyToken tokens_;
  BoundedQueue<collector::Delivery> deliveries_{1024};
  std::unique_ptr<collector::Ingest> ingest_;
  std::atomic<std::uint64_t> bytes_{0}, containers_{0}, reports_{0};
  std::jthread thread_;
};

// The agent's process. Ended by the destructor.
class AgentProcess {
 public:
  static Result<AgentProcess> Start(const std::string& endpoint, const std::filesystem::path& key) {
    const char* folder = std::getenv("LOADLINE_BIN");
    const std::string program = (folder != nullptr ? std::string(folder) + "/" : "") + "loadline-agent";
    std::string collector = "--collector=" + endpoint;
    std::string key_file = "--collector-key-file=" + key.string();
    std::string name = program;
    char* arguments[] = {name.data(), collector.data(), key_file.data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, program.c_str(), nullptr, nullptr, arguments, environ);
    if (error != 0) return SystemFailure("starting " + program, error);
    return AgentProcess(pid);
  }
  AgentProcess(AgentProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  AgentProcess& operator=(AgentProcess&&) = delete;
  ~AgentProcess() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  // CPU time of all its threads, from schedstat, which counts nanoseconds.
  [[nodiscard]] double CpuMs() const {
    double sum = 0;
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator(Proc("task"), error)) {
      double ns = 0;
      std::ifstream(task.path() / "schedstat") >> ns;
      sum += ns / 1e6;
    }
    return sum;
  }
  [[nodiscard]] double RssMib() const {
    double size = 0, resident = 0;
    std::ifstream(Proc("statm")) >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / static_cast<double>(kMiB);
  }

 private:
  explicit AgentProcess(pid_t pid) : pid_(pid) {}
  [[nodiscard]] std::string Proc(const char* file) const { return fmt::format("/proc/{}/{}", pid_, file); }
  pid_t pid_;
};

// ---- all of it

Result<void> Run(const BenchOptions& options) {
  const auto print = [&](const bench::Figure& figure) { bench::Print("sampling", figure, options.json); };
  const auto cgroups = MakeCgroups(options);
  if (!cgroups) return Failure(cgroups.error());
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("loadline-bench-{}", ::getpid());
  auto receiver = Receiver::Start(folder);
  if (!receiver) return Failure(receiver.error());
  {
    auto agent = AgentProcess::Start((*receiver)->endpoint(), folder / "collector.pub");
    if (!agent) return Failure(agent.error());
    std::this_thread::sleep_for(14s);  // The first windows name everything and say every limit.
    (*receiver)->CountFromNow();
    const double cpu_before = agent->CpuMs();
    const auto began = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
    const double elapsed_ms = Seconds(std::chrono::steady_clock::now() - began) * 1e3;
    print({"agent_cpu_percent", 100 * (agent->CpuMs() - cpu_before) / elapsed_ms, "% of a core"});
    print({"agent_rss_mib", agent->RssMib(), "MiB"});
    if ((*receiver)->containers() == 0) {
      return Failure(ErrorKind::kInternal, "the agent has reported no container");
    }
    const auto bytes = static_cast<double>((*receiver)->bytes());
    const auto windows = static_cast<double>((*receiver)->reports());
    const auto changed = static_cast<double>((*receiver)->containers());
    print({"wire_bytes_per_container_window", bytes / windows / options.cgroups, "bytes"});
    print({"wire_bytes_per_changed_container_window", bytes / changed, "bytes"});
  }
  std::filesystem::remove_all(folder);
  const auto passes = MeasurePasses();
  if (!passes) return Failure(passes.error());
  print({"sampled_cgroups", passes->cgroups, "cgroups"});
  print({"sample_ms", passes->agent_ms, "ms", "open_read_close", passes->open_read_close_ms});
  print({"sample_ms", passes->agent_ms, "ms", "kept_open", passes->kept_open_ms});
  // Each second, as the agent does; a thousandth of a second of each is a tenth of a percent.
  print({"file_reader_cpu_percent", passes->open_read_close_ms / 10, "% of a core"});
  std::fflush(stdout);
  if (options.hold) {
    while (std::getchar() != EOF) {
    }
  }
  return {};
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  CLI::App app("What the agent costs its node. Makes cgroups of its own; needs root.");
  loadline::BenchOptions options;
  app.add_option("--cgroups", options.cgroups, "Cgroups in all");
  app.add_option("--busy", options.busy, "Those in which a process runs");
  app.add_option("--seconds", options.seconds, "How long the agent is watched");
  app.add_flag("--json", options.json, "One JSON object a figure");
  app.add_flag("--hold", options.hold, "Keep the cgroups until standard input ends");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (const auto done = loadline::Run(options); !done) {
    std::fprintf(stderr, "bench_sampling: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}

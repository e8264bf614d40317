// Agents that keep to the rules while others do not: the real uplink, several nodes, and how long the
// collector takes.
//   loadline-honest-agent ENDPOINT STATE_FOLDER EVERY_MS NODE...
// Each node sends a window of one container every so often. A line for each record to standard output, when
// it is sent and when it is acknowledged, with seconds of the monotonic clock:
//   sent NODE SEQUENCE AT
//   acknowledged NODE SEQUENCE AT
// A line "kill NODE PATH" on standard input is an OOM kill on that node, in that cgroup; it is a record like
// others. A line "container NODE PATH" is a new container. Ends when standard input does.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <sstream>

#include "tests/support/reporting_agent.h"

namespace loadline::test {
namespace {

const SystemClock kClock;

double SecondsNow() {
  return Seconds(kClock.Now().time_since_epoch());
}

class HonestNode {
 public:
  HonestNode(std::string name, std::unique_ptr<agent::Uplink> uplink, Mono first)
      : name_(std::move(name)), uplink_(std::move(uplink)), due_(first) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  // No window is shorter than a second, however often it reports.
  static Wall WindowEnd() { return std::chrono::floor<std::chrono::seconds>(kClock.WallNow()); }

  void Step(Duration every) {
    if (kClock.Now() >= due_) {
      due_ += every;
      Sent(uplink_->Send(ReportOf(1, WindowEnd(), !named_)));
      named_ = true;
    }
    const std::uint64_t acknowledged = uplink_->Status().acknowledged_sequence;
    while (told_ < acknowledged) {
      std::printf("acknowledged %s %lu %.6f\n", name_.c_str(), static_cast<unsigned long>(++told_),
                  SecondsNow());
    }
  }

  void Kill(const std::string& path) { Sent(uplink_->Send(wire::Event(KillIn(path, kClock.WallNow())))); }

  void NewContainer(const std::string& path) {
    wire::Report report = ReportOf(1, WindowEnd(), true);
    report.identities.front().ref = report.containers.front().ref = ++last_ref_;
    report.identities.front().path = path;
    Sent(uplink_->Send(std::move(report)));
  }

 private:
  void Sent(std::uint64_t sequence) {
    std::printf("sent %s %lu %.6f\n", name_.c_str(), static_cast<unsigned long>(sequence), SecondsNow());
  }

  const std::string name_;
  const std::unique_ptr<agent::Uplink> uplink_;
  Mono due_;
  bool named_ = false;
  std::uint32_t last_ref_ = 1;
  std::uint64_t told_ = 0;
};

void Obey(const std::string& line, std::deque<HonestNode>& nodes) {
  std::istringstream words(line);
  std::string what, node, path;
  words >> what >> node >> path;
  for (HonestNode& each : nodes) {
    if (each.name() != node) continue;
    if (what == "kill") each.Kill(path);
    if (what == "container") each.NewContainer(path);
  }
}

// Orders as they come; `begun` is a line that has not ended. False when there will be no more.
bool ReadOrders(std::string& begun, std::deque<HonestNode>& nodes) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 1) <= 0) return true;
  std::array<char, 4096> bytes{};
  const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (size <= 0) return false;
  begun.append(bytes.data(), static_cast<std::size_t>(size));
  for (std::size_t end = begun.find('\n'); end != begun.npos; end = begun.find('\n')) {
    Obey(begun.substr(0, end), nodes);
    begun.erase(0, end + 1);
  }
  return true;
}

int Run(const std::string& endpoint, const std::string& state, Duration every, int count, char** names) {
  std::deque<HonestNode> nodes;
  for (int i = 0; i < count; ++i) {
    agent::UplinkOptions options = UplinkTo(endpoint, state, names[i]);
    // Patience as real agents have it.
    options.session = {};
    options.hello.boot_id = std::string("boot-") + names[i];
    // In a cluster each node has a token of its own.
    const std::string own = state + "/token-" + names[i];
    if (::access(own.c_str(), R_OK) == 0) options.token_file = own;
    auto uplink = agent::StartUplink(std::move(options), kClock);
    if (!uplink) return std::fprintf(stderr, "%s\n", uplink.error().message.c_str()), 1;
    nodes.emplace_back(names[i], *std::move(uplink), kClock.Now() + every * (i + 1) / count);
  }
  std::string begun;
  while (ReadOrders(begun, nodes)) {
    for (HonestNode& node : nodes) node.Step(every);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace loadline::test

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: loadline-honest-agent ENDPOINT STATE_FOLDER EVERY_MS NODE...\n");
    return 2;
  }
  return loadline::test::Run(argv[1], argv[2], std::chrono::milliseconds(std::atoi(argv[3])), argc - 4,
                             argv + 4);
}

// Frames for attackers that speak the transport themselves, made by the project's own encoder:
//   loadline-attack-frames KIND NAME=VALUE...
// writes them to standard output, each behind its size (4 bytes, little endian). `tests/attack/README.md`
// says what they are for; kKinds below, what there is.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "schemas/wire/encode.h"
#include "tests/support/reporting_agent.h"

namespace loadline::test {
namespace {

class Arguments {
 public:
  Arguments(int count, char** words) {
    for (int i = 0; i < count; ++i) {
      const std::string_view word = words[i];
      const std::size_t equals = word.find('=');
      if (equals != word.npos) values_.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  [[nodiscard]] std::string Text(const std::string& name, const std::string& otherwise = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] std::uint64_t Number(const std::string& name, std::uint64_t otherwise) const {
    const std::string text = Text(name);
    std::uint64_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

 private:
  std::map<std::string, std::string> values_;
};

void Write(const wire::Message& message) {
  const Result<wire::Frame> frame = wire::Encode(message);
  if (!frame) {
    std::fprintf(stderr, "%s\n", frame.error().message.c_str());
    std::exit(1);
  }
  const auto size = static_cast<std::uint32_t>(frame->size());
  std::fwrite(&size, sizeof size, 1, stdout);
  std::fwrite(frame->data(), frame->size(), 1, stdout);
}

// `count` records from `first` on, whose bodies `body` makes of their numbers.
void WriteRecords(const Arguments& arguments, const std::function<wire::Report(std::uint64_t)>& body) {
  const std::uint64_t first = arguments.Number("first", 1);
  for (std::uint64_t i = 0; i < arguments.Number("count", 1); ++i) {
    Write(wire::Record{.epoch = arguments.Number("epoch", 1), .sequence = first + i, .body = body(i)});
  }
}

// One container of the attacker's own.
wire::Report OwnReport(bool first) {
  wire::Report report = ReportOf(1, SystemClock().WallNow(), first);
  for (wire::CgroupIdentity& identity : report.identities) identity.path = "/evil/1";
  return report;
}

wire::Report EmptyReport() {
  return ReportOf(0, SystemClock().WallNow(), false);
}

void Hello(const Arguments& arguments) {
  wire::Hello hello{.minor = static_cast<std::uint16_t>(arguments.Number("minor", wire::kProtocolMinor)),
                    .node = arguments.Text("node", "evil"),
                    .boot_id = arguments.Text("boot", "evil-boot"),
                    .epoch = arguments.Number("epoch", 1),
                    .first_sequence = arguments.Number("first", 1),
                    .agent_version = arguments.Text("version", "attack"),
                    .kernel_version = "none",
                    .capacity = {.cpu = 4000, .memory = 8 * kGiB}};
  // Secrets come in files.
  std::string token = ReadWhole(arguments.Text("token-file"));
  token.erase(std::find(token.begin(), token.end(), '\n'), token.end());
  hello.token = arguments.Text("token", token);
  for (std::uint64_t i = 0; i < arguments.Number("count", 1); ++i) {
    // A Hello that says something new each time.
    if (i > 0) hello.kernel_version = std::to_string(i);
    if (arguments.Text("each") == "token") hello.token = "wrong-" + std::to_string(i);
    if (arguments.Text("each") == "epoch") hello.epoch = arguments.Number("epoch", 1) + i;
    if (arguments.Text("each") == "node") hello.node = arguments.Text("node", "evil") + std::to_string(i);
    Write(hello);
  }
}

void Heartbeat(const Arguments& arguments) {
  Write(wire::Heartbeat{.epoch = arguments.Number("epoch", 1), .window_age_ms = 100});
}

// What an honest agent says of one container.
void Windows(const Arguments& arguments) {
  WriteRecords(arguments, [](std::uint64_t i) { return OwnReport(i == 0); });
}

// OOM kills, each of another process; with `apart`, each in another cgroup.
void Kills(const Arguments& arguments) {
  const std::uint64_t first = arguments.Number("first", 1);
  for (std::uint64_t i = 0; i < arguments.Number("count", 1); ++i) {
    std::string path = arguments.Text("path", "/evil");
    if (arguments.Number("apart", 0) != 0) path += "/" + std::to_string(first + i);
    wire::OomKill kill = KillIn(path, SystemClock().WallNow());
    kill.pid = static_cast<std::uint32_t>(first + i);
    if (arguments.Number("machine", 0) != 0) kill.limit_owner.reset();
    if (const std::string pod = arguments.Text("pod"); !pod.empty()) {
      kill.victim.kind = wire::CgroupKind::kPodContainer;
      kill.victim.qos = wire::QosClass::kBurstable;
      kill.victim.pod_uid = pod;
      kill.victim.container_id = arguments.Text("container");
      if (kill.limit_owner) kill.limit_owner = kill.victim;
    }
    Write(wire::Record{
        .epoch = arguments.Number("epoch", 1), .sequence = first + i, .body = wire::Event(std::move(kill))});
  }
}

// References to `each` new cgroups a record, named downwards, so that each is to be put before all others.
void Descending(const Arguments& arguments) {
  const std::uint64_t each = arguments.Number("each", 40'000);
  std::uint32_t next = 4'000'000'000;
  WriteRecords(arguments, [&](std::uint64_t) {
    wire::Report report = EmptyReport();
    for (std::uint64_t i = 0; i < each; ++i) {
      report.identities.push_back({.ref = next--, .kind = wire::CgroupKind::kSlice, .path = "/s"});
    }
    return report;
  });
}

// `each` new containers a record; `padding` makes their paths longer. With `pod` they are that pod's;
// `throttled` ones are an alert each, those of `churn` end in the record that names them.
void Containers(const Arguments& arguments) {
  const std::uint64_t each = arguments.Number("each", 5'000);
  const std::string padding(arguments.Number("padding", 0), 'x');
  const std::string pod = arguments.Text("pod");
  const bool throttled = arguments.Number("throttled", 0) != 0, churn = arguments.Number("churn", 0) != 0;
  auto next = static_cast<std::uint32_t>(arguments.Number("ref", 1));
  WriteRecords(arguments, [&](std::uint64_t) {
    wire::Report report = EmptyReport();
    for (std::uint64_t i = 0; i < each; ++i, ++next) {
      wire::CgroupIdentity identity{
          .ref = next, .kind = wire::CgroupKind::kPlain, .path = "/evil/" + std::to_string(next) + padding};
      if (!pod.empty()) {
        identity.kind = wire::CgroupKind::kPodContainer;
        identity.qos = wire::QosClass::kBurstable;
        identity.pod_uid = pod;
        identity.container_id = arguments.Text("container");
      }
      report.identities.push_back(std::move(identity));
      wire::ContainerWindow window{.ref = next};
      window.memory = wire::MemoryWindow{.current = 100 * kMiB, .peak = 100 * kMiB, .anon = 90 * kMiB};
      if (throttled) {
        window.cpu = wire::CpuWindow{.usage_us = 1'000'000, .one_second = {{.bucket = 10, .count = 10}}};
        window.throttle =
            wire::ThrottleWindow{.periods = 100, .throttled_periods = 90, .throttled_us = 5'000'000};
        window.limits = wire::CgroupLimits{.cpu_limit = 100, .cpu_request = 100, .memory_limit = kGiB};
      }
      report.containers.push_back(std::move(window));
    }
    // They come and go.
    if (churn && next > each) {
      for (std::uint64_t i = 0; i < each; ++i)
        report.gone.push_back(next - static_cast<std::uint32_t>(i) - 1);
    }
    return report;
  });
}

// Reports of a quarter of a megabyte that say nothing new: they fill a store.
void Filler(const Arguments& arguments) {
  const std::string path(4000, 'x');
  WriteRecords(arguments, [&](std::uint64_t) {
    wire::Report report = EmptyReport();
    for (int i = 0; i < 64; ++i) report.node.disks.push_back({.path = path, .free = 1, .total = 1});
    return report;
  });
}

// `each` full disks a record, all of other names: an alert each.
void Disks(const Arguments& arguments) {
  std::uint64_t next = 0;
  WriteRecords(arguments, [&](std::uint64_t) {
    wire::Report report = EmptyReport();
    for (std::uint64_t i = 0; i < arguments.Number("each", 60); ++i) {
      report.node.disks.push_back({.path = "/evil/" + std::to_string(next++), .free = 1, .total = kGiB});
    }
    return report;
  });
}

// The greatest numbers there are.
void Extremes(const Arguments& arguments) {
  constexpr std::uint32_t kMost = ~0u;
  WriteRecords(arguments, [](std::uint64_t i) {
    wire::Report report = OwnReport(i == 0);
    const auto far = i % 2 == 0 ? INT64_MAX : INT64_MIN;
    report.window_start_ns = i % 3 == 0 ? far : -far;
    report.window_end_ns = far;
    report.samples = kMost;
    report.node = {.memory_available = INT64_MAX,
                   .pressure = {kMost, kMost, kMost, kMost, kMost, kMost},
                   .disks = {{.path = "/", .free = INT64_MAX, .total = 1}}};
    report.losses.ring_full = ~0ull;
    report.agent_cpu_us = ~0ull;
    report.agent_rss = INT64_MAX;
    wire::ContainerWindow& window = report.containers.front();
    window.cpu = wire::CpuWindow{.usage_us = kMost, .one_second = {{175, 255}}, .run_queue_wait_us = kMost};
    window.throttle = wire::ThrottleWindow{.periods = kMost,
                                           .throttled_periods = kMost,
                                           .throttled_us = ~0ull,
                                           .episodes = kMost,
                                           .longest_us = kMost};
    const Bytes pages = Bytes{kMost} * 4096;
    window.memory = wire::MemoryWindow{.current = pages, .peak = pages, .anon = pages, .file = pages};
    window.pressure = wire::PressureWindow{kMost, kMost, kMost, kMost, kMost, kMost};
    window.limits = wire::CgroupLimits{.cpu_limit = kMost, .cpu_request = kMost, .memory_limit = pages};
    window.processes = kMost;
    return report;
  });
}

struct Kind {
  const char* name;
  void (*write)(const Arguments&);
};
constexpr Kind kKinds[] = {{"hello", Hello},   {"heartbeat", Heartbeat},   {"windows", Windows},
                           {"kills", Kills},   {"descending", Descending}, {"containers", Containers},
                           {"filler", Filler}, {"disks", Disks},           {"extremes", Extremes}};

}  // namespace
}  // namespace loadline::test

int main(int argc, char** argv) {
  using namespace loadline::test;
  for (const Kind& kind : kKinds) {
    if (argc > 1 && std::string_view(argv[1]) == kind.name)
      return kind.write(Arguments(argc - 2, argv + 2)), 0;
  }
  std::fprintf(stderr, "usage: loadline-attack-frames KIND NAME=VALUE...\n");
  return 2;
}

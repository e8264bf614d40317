#include "collector/kube/metrics_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_api/list.h"
#include "schemas/wire/encode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPath = "/apis/metrics.k8s.io/v1beta1/pods";
constexpr Duration kBeat = 1s;
// metrics-server reads the kubelets once a minute at the slowest; what is older than this is not of now.
constexpr Duration kStale = 4min;
constexpr const char* kWhyOff = "no agent: metrics.k8s.io tells averages of CPU, and working sets";

Error Explained(const Error& error) {
  if (error.kind != ErrorKind::kNotFound) return error;
  return {error.kind, "metrics.k8s.io is not served: is metrics-server installed? " + error.message};
}

}  // namespace

MetricsSource::MetricsSource(KubeAccess access, const Clock& clock, const ObjectCache<MeteredPod>& pods,
                             MetricsSourceOptions options, Deliver deliver)
    : access_(std::move(access)),
      clock_(clock),
      pods_(pods),
      options_(options),
      deliver_(std::move(deliver)),
      epoch_(static_cast<std::uint64_t>(clock.WallNow().time_since_epoch() / 1ms)),
      reports_(options.kills_since),
      last_window_(clock.Now()),
      standing_("podmetrics", clock),
      running_([this](const std::stop_token& stop) { Run(stop); }) {}

MetricsSource::~MetricsSource() {
  running_.request_stop();
}

void MetricsSource::Run(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  Backoff backoff(options_.backoff);
  Mono next = clock_.Now();
  Greet();
  while (WaitUnlessStopped(std::min(kBeat, options_.interval), stop)) {
    Beat();
    if (!pods_.complete()) continue;
    TellKills();
    if (clock_.Now() < next) continue;
    const Result<void> polled = Poll(api);
    if (stop.stop_requested()) return;
    standing_.Note(&WatchView::lists, "polling metrics.k8s.io", polled);
    if (polled) backoff.Reset();
    next = clock_.Now() + (polled ? options_.interval : std::max(options_.interval, backoff.Next()));
  }
}

void MetricsSource::Greet() {
  wire::Hello hello{.node = kMetricsSource,
                    .boot_id = kMetricsSource,
                    .epoch = epoch_,
                    .agent_version = "metrics.k8s.io/v1beta1",
                    .window_ms = static_cast<std::uint32_t>(options_.interval / 1ms)};
  for (int signal = 0; signal < wire::kSignalCount; ++signal)
    hello.signals.push_back({static_cast<wire::Signal>(signal), wire::Rung::kOff, kWhyOff});
  hello.signals[static_cast<std::size_t>(wire::Signal::kOomKill)] = {
      wire::Signal::kOomKill, wire::Rung::kFiles,
      "no agent: the status of pods tells when a container was killed"};
  (void)deliver_(NodeGreeted{kMetricsSource, {clock_.WallNow(), clock_.Now()}, std::move(hello)});
}

void MetricsSource::Beat() {
  // One poll in time is no age; what the next ones miss is.
  const Duration age = std::max<Duration>(clock_.Now() - last_window_ - options_.interval, 0s);
  const wire::Heartbeat heartbeat{.epoch = epoch_, .window_age_ms = static_cast<std::uint32_t>(age / 1ms)};
  (void)deliver_(NodeHeartbeat{kMetricsSource, {clock_.WallNow(), clock_.Now()}, heartbeat});
}

void MetricsSource::TellKills() {
  const std::uint64_t generation = pods_.generation();
  if (std::exchange(pods_seen_, generation) == generation) return;
  std::vector<wire::OomKill> kills;
  pods_.ForEach([&](const std::string&, const MeteredPod& pod) {
    for (wire::OomKill& kill : reports_.Kills(pod)) kills.push_back(std::move(kill));
  });
  for (wire::OomKill& kill : kills) Send(wire::Event(std::move(kill)));
}

Result<void> MetricsSource::Poll(KubeClient& api) {
  std::vector<PodMetrics> metrics;
  Wall newest{};
  std::size_t refused = 0;
  const auto listed = ListAll(api, {.path = kPath}, [&](const nlohmann::json& object) {
    auto one = ParsePodMetrics(object);
    if (!one) {
      ++refused;
      return;
    }
    newest = std::max(newest, one->at);
    metrics.push_back(*std::move(one));
  });
  if (!listed) return Failure(Explained(listed.error()));
  if (listed->expired)
    return Failure(ErrorKind::kUnavailable, "metrics.k8s.io forgot its list while it was read");
  if (refused > 0) spdlog::warn("metrics.k8s.io: {} entries cannot be read and are left out", refused);
  const Wall now = clock_.WallNow();
  if (metrics.empty() && pods_.size() > 0)
    return Failure(ErrorKind::kUnavailable, "metrics.k8s.io knows no pod yet");
  if (!metrics.empty() && newest < now - kStale) {
    return Failure(ErrorKind::kUnavailable,
                   "the newest figures of metrics.k8s.io are more than four minutes old");
  }
  Send(reports_.Report(
      metrics, [&](const std::string& key) { return pods_.Find(key); }, now, options_.interval));
  last_window_ = clock_.Now();
  return {};
}

void MetricsSource::Send(std::variant<wire::Report, wire::Event> body) {
  std::vector<std::variant<wire::Report, wire::Event>> parts;
  if (auto* report = std::get_if<wire::Report>(&body)) {
    for (wire::Report& part : wire::SplitToFit(std::move(*report))) parts.emplace_back(std::move(part));
  } else {
    parts.push_back(std::move(body));
  }
  for (auto& part : parts) {
    wire::Record record{.epoch = epoch_, .sequence = ++sequence_, .body = std::move(part)};
    auto frame = wire::Encode(record);
    if (!frame) {
      spdlog::error("metrics.k8s.io: {}", frame.error().message);
      continue;
    }
    const bool taken = deliver_(IngestedRecord{.id = {kMetricsSource, epoch_, sequence_},
                                               .boot_id = kMetricsSource,
                                               .received = {clock_.WallNow(), clock_.Now()},
                                               .frame = std::move(*frame),
                                               .record = std::move(record)});
    if (!taken) spdlog::warn("metrics.k8s.io: the collector is busy; a record is lost");
  }
}

}  // namespace loadline::collector

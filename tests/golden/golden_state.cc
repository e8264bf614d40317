#include "tests/golden/golden_state.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "collector/alert/alerting.h"
#include "collector/app/core.h"
#include "collector/app/store_journal.h"
#include "collector/apply/trial_state.h"
#include "collector/detect/stories.h"
#include "collector/model/saved_model.h"
#include "collector/store/sqlite_store.h"
#include "collector/web/json.h"
#include "schemas/wire/encode.h"
#include "tests/collector/model/feed.h"

namespace loadline::test {
namespace {

using namespace collector;
using namespace std::chrono_literals;

constexpr Duration kLived = 50h;

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Nobody final : public Outbox {
 public:
  [[nodiscard]] bool Offer(const Notification&) override { return true; }
};

// Of an algorithm that ranks samples, so that some are kept.
SampleNeed Kept() {
  return Must(MakeAlgorithm("krr"))->samples().value();
}

// Paths name their workload: "/kube/shop/Deployment/web/nginx/web-1".
class PathNames final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    std::string_view rest = question.identity.path;
    if (!rest.starts_with("/kube/")) return CgroupNames().Resolve(question);
    std::vector<std::string> parts;
    for (rest.remove_prefix(6); !rest.empty();) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      parts.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return ContainerName{parts.at(0) + '/' + parts.at(1) + '/' + parts.at(2),
                         parts.at(0),
                         parts.at(1),
                         parts.at(2),
                         parts.at(3),
                         parts.at(4)};
  }
};

wire::Hello HelloOf(const std::string& node, std::int64_t cpus) {
  wire::Hello hello{.node = node, .boot_id = "boot", .epoch = 1, .agent_version = "0.1.0"};
  hello.kernel_version = "5.15.0-1074-azure";
  hello.capacity = {.cpu = cpus * 1000, .memory = cpus * 4 * kGiB};
  hello.signals = {{.signal = wire::Signal::kOomKill, .rung = wire::Rung::kFiles, .why = "no BTF"}};
  return hello;
}

// A container whose use goes up and down with the hours, held back by its limit and stalled now and then.
wire::ContainerWindow WindowOf(std::uint32_t ref, Duration at) {
  const auto window = static_cast<std::uint32_t>(at / kWindow);
  const std::uint32_t hour = window / 360 % 24;
  auto used = Busy(ref, 400'000 * ref + 100'000 * hour, (40 * ref + hour) * kMiB);
  used.cpu->run_queue_wait_us = 1000 * ref;
  used.cpu->one_second = {{.bucket = static_cast<std::uint8_t>(5 * ref + hour), .count = 10}};
  used.memory->anon = used.memory->current / 2;
  used.memory->file = used.memory->current / 4;
  used.memory->inactive_file = used.memory->current / 8;
  used.limits = wire::CgroupLimits{
      .cpu_limit = 1000, .cpu_request = 100 * ref, .memory_limit = 512 * kMiB, .memory_request = 128 * kMiB};
  if (ref == 1 && window % 7 == 0) {
    used.throttle = wire::ThrottleWindow{.periods = 100,
                                         .throttled_periods = 30,
                                         .throttled_us = 1'500'000,
                                         .episodes = 30,
                                         .longest_us = 70'000};
  }
  used.pressure = wire::PressureWindow{.cpu_some_us = 5000 * ref, .memory_some_us = hour};
  return used;
}

std::string PathOf(const std::string& workload, const std::string& node) {
  return "/kube/" + workload + '/' + workload.substr(workload.rfind('/') + 1) + "-of-" + node;
}

// Three machines of two sizes, each with two containers of a Deployment's pod, one of a DaemonSet and a unit.
class Machines {
 public:
  explicit Machines(Model& model) : model_(model) {
    for (const auto& [node, cpus] : {std::pair("node-1", 4), {"node-2", 4}, {"node-3", 16}}) {
      hellos_.push_back(HelloOf(node, cpus));
      model.Greet(hellos_.back(), At(0s));
      feeds_.emplace_back(model, node);
    }
    model.Locate(
        [](const std::string& node) {
          return NodeTold{.place = {.pool = node == "node-3" ? "batch" : "apps",
                                    .zone = "eastus-1",
                                    .instance_type = "Standard_D4s_v5"},
                          .capacity = {.cpu = 16'000, .memory = 64 * kGiB}};
        },
        At(0s));
  }

  void Live() {
    for (Duration at = kWindow; at <= kLived; at += kWindow) {
      for (std::size_t n = 0; n < feeds_.size(); ++n) Window(n, at);
      if (at == kLived - 1h) model_.TakeOver("shop/Deployment/young", "young", Learnt(), At(at));
    }
  }
  // An OOM kill of the first container.
  KillSeen Kill(Duration at) {
    wire::OomKill kill{.owner_usage = 512 * kMiB,
                       .owner_limit = 512 * kMiB,
                       .victim_rss = 500 * kMiB,
                       .pid = 4711,
                       .command = "nginx"};
    kill.victim = PathIdentity(1, PathOf("shop/Deployment/web/nginx", "node-1"));
    kill.limit_owner = kill.victim;
    return feeds_[0].Kill(at, kill).kills.at(0);
  }
  [[nodiscard]] const std::vector<wire::Hello>& hellos() const { return hellos_; }

 private:
  void Window(std::size_t n, Duration at) {
    const std::string& node = hellos_[n].node;
    std::vector<wire::CgroupIdentity> identities;
    std::vector<std::uint32_t> gone;
    if (at == kWindow) {
      identities = {PathIdentity(1, PathOf("shop/Deployment/web/nginx", node)),
                    PathIdentity(2, PathOf("shop/Deployment/web/sidecar", node)),
                    PathIdentity(3, PathOf("kube-system/DaemonSet/logs/logs", node)),
                    UnitIdentity(4, "kubelet.service"),
                    {.ref = 9, .kind = wire::CgroupKind::kRoot, .path = "/"},
                    {.ref = 10, .kind = wire::CgroupKind::kSlice, .path = "/system.slice"}};
    }
    if (at == 20h) gone = {3};  // and another pod of it
    if (at == 20h + kWindow)
      identities = {PathIdentity(5, PathOf("kube-system/DaemonSet/logs/logs", node) + "-2")};
    if (at == kLived - 2h) identities = {PathIdentity(6, PathOf("shop/Deployment/young/young", node))};
    std::vector<wire::ContainerWindow> windows;
    for (const std::uint32_t ref : {1U, 2U, 4U}) windows.push_back(WindowOf(ref, at));
    if (at < 20h) windows.push_back(WindowOf(3, at));
    if (at > 20h) windows.push_back(WindowOf(5, at));
    if (at >= kLived - 2h) windows.push_back(WindowOf(6, at));
    feeds_[n].Report(at, std::move(windows), std::move(identities), std::move(gone));
  }
  // A week of another recommender's.
  static ContainerUsage Learnt() {
    ContainerUsage usage;
    for (Duration at = -168h; at <= kLived - 3h; at += 1min) {
      usage.AddCpu({.at = At(at), .interval = 1min, .usage_cores = 0.25});
      usage.AddMemory({.at = At(at), .interval = 1min, .working_set = 200 * kMiB});
    }
    return Must(ContainerUsage::FromCheckpoint(usage.vpa().Save()));
  }

  Model& model_;
  std::vector<wire::Hello> hellos_;
  std::vector<AgentFeed> feeds_;
};

Trial UnderWay() {
  const PodSize before = {{"nginx", {100, 128 * kMiB}, {1000, 512 * kMiB}}};
  const PodSize after = {{"nginx", {450, 160 * kMiB}, {1000, 512 * kMiB}}};
  return {.phase = TrialPhase::kSoaking,
          .since = At(kLived - 5min),
          .canary = "uid-1",
          .target = after,
          .left_alone = {"uid-2"},
          .before = {{.container = "nginx",
                      .last_window = At(kLived - 6min),
                      .measured = 5min,
                      .periods = 3000,
                      .throttled_periods = 40,
                      .memory_stall_us = 17}},
          .resized = {{.pod = "web-1", .uid = "uid-1", .before = before, .restarts = 2, .kills = 1}},
          .reason = "measured as it is now"};
}

void WriteAlerts(Store& store, const Clock& clock, const RoutingPlan& plan) {
  StoreJournal journal(store, clock);
  Nobody nobody;
  Alerting alerting({}, plan, journal, nobody);
  Must(alerting.Restore(At(0s)));
  const Condition silent{.rule = "NodeSilent",
                         .labels = {{"node", "node-2"}},
                         .severity = Severity::kSev1,
                         .summary = "node-2 is silent",
                         .reason = "no heartbeat for 12 s"};
  const Condition over{.rule = "NodeDiskFull", .labels = {{"node", "node-1"}}, .summary = "full"};
  alerting.Update(std::vector{silent, over}, {}, At(kLived - 30min));
  alerting.Update(std::vector{silent}, {}, At(kLived - 20min));
  const Posting posted{.labels = {{"alertname", "QueueLong"}, {"severity", "warning"}},
                       .annotations = {{"summary", "1,000 wait"}},
                       .generator_url = "http://prometheus.example/graph",
                       .starts_at = At(kLived - 10min),
                       .ends_at = At(kLived + 24h)};
  Must(alerting.Post(std::vector{posted}, At(kLived - 10min)));
  Silence silence{.starts_at = At(kLived - 5min), .ends_at = At(kLived + 48h)};
  silence.matchers = *ParseMatchers(R"(node=~"node-3|node-4")");
  silence.created_by = "ann";
  silence.comment = "new disks";
  Must(alerting.SetSilence(silence, At(kLived - 5min), std::string(32, 'a')));
  alerting.Update(std::vector{silent}, {}, At(kLived));
}

// What algorithms read of it.
nlohmann::ordered_json FiguresOf(const ContainerUsage& usage) {
  nlohmann::ordered_json figures = {
      {"cpu",
       {usage.cpu().minutes().Quantile(0.5), usage.cpu().minutes().Quantile(0.95),
        usage.cpu().seconds().Quantile(0.99), usage.cpu().minutes().span().total}},
      {"startup", usage.cpu().startup()},
      {"throttling",
       {usage.cpu().throttling().share(), usage.cpu().throttling().NeedAt(At(kLived)),
        usage.cpu().throttling().limit()}},
      {"memory", {usage.memory().mean(), usage.memory().recent_peak(), usage.memory().cache_use()}},
      {"memory_days", usage.memory().peaks().Days(At(kLived))},
      {"vpa",
       {usage.vpa().cpu().Percentile(0.9), usage.vpa().memory().Percentile(0.9), usage.vpa().samples(),
        usage.vpa_container().state().memory_peak}},
      {"history_seconds", Seconds(usage.history())}};
  for (const OomSample& kill : usage.ooms())
    figures["ooms"].push_back({kill.limit, kill.usage, kill.near_limit, kill.teller});
  if (const KeptSamples* kept = usage.Kept(Kept())) figures["kept"] = kept->Cpu({}, At(kLived)).size();
  return figures;
}

// Words may be chosen anew, and advice be better; what was learnt stays.
nlohmann::ordered_json WithoutJudgement(nlohmann::ordered_json json) {
  for (const char* key : {"recommendation", "state", "state_reason", "fingerprint"}) json.erase(key);
  if (json.contains("containers") && json["containers"].is_array()) {
    for (auto& container : json["containers"]) container.erase("recommendation");
  }
  return json;
}

RoutingPlan PlanOfAll() {
  return PlanFor({.name = "ops", .integrations = {{.name = "ops/log[0]"}}});
}

void WriteStories(Store& store, const Model& model, const KillSeen& kill) {
  StoryBook book;
  book.Killed(kill, At(kLived));
  book.Heard({.kind = ClusterNews::Kind::kPodStopped,
              .at = At(kLived - 1min),
              .node = "node-2",
              .reason = "Evicted",
              .message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi.",
              .pod_uid = "uid-9",
              .namespace_name = "shop",
              .workload_id = "shop/Deployment/web",
              .pod = "web-9",
              .resource = "memory",
              .threshold = 100 * kMiB,
              .available = 60 * kMiB},
             At(kLived));
  (void)book.Tick(model, At(kLived + 1min), {});
  std::vector<Blob> blobs;
  for (auto& [id, bytes] : book.TakeChanged()) blobs.push_back({"story", id, bytes});
  Must(store.Put(blobs, At(kLived)));
}

}  // namespace

void WriteGoldenState(const std::string& folder) {
  const std::unique_ptr<SqliteStore> store = Must(SqliteStore::Open(folder, {}));
  ManualClock clock;
  clock.Advance(kLived);
  const PathNames names;
  Model model({.samples = {Kept()}}, names);
  Machines machines(model);
  machines.Live();
  const KillSeen kill = machines.Kill(kLived);

  Must(store->BeginSnapshot(1000, At(kLived)));
  SaveModel(model, [&](const std::string& piece) { Must(store->AddToSnapshot(piece)); });
  Must(store->FinishSnapshot());

  std::vector<Blob> blobs;
  for (const wire::Hello& hello : machines.hellos()) {
    const wire::Frame frame = Must(wire::Encode(hello));
    blobs.push_back(
        {"node", hello.node, std::string(reinterpret_cast<const char*>(frame.data()), frame.size())});
  }
  blobs.push_back({"apply", "shop/Deployment/web", SaveTrial(UnderWay())});
  Must(store->Put(blobs, At(kLived)));
  WriteStories(*store, model, kill);
  WriteAlerts(*store, clock, PlanOfAll());
}

nlohmann::ordered_json ShownOfState(const std::string& folder) {
  const std::unique_ptr<SqliteStore> store = Must(SqliteStore::Open(folder, {}));
  ManualClock clock;
  clock.Advance(kLived + 1h);
  const PathNames names;
  const RoutingPlan plan = PlanOfAll();
  const std::unique_ptr<Algorithm> algorithm = Must(MakeAlgorithm("loadline"));
  const std::unique_ptr<Algorithm> compared = Must(MakeAlgorithm("krr"));
  Board board;
  Nobody nobody;
  NoCluster no_cluster;
  Core core({*store, plan, nobody, *algorithm, compared.get(), board, clock, names, no_cluster}, {});
  Must(core.Recover());
  core.Tick();

  const std::shared_ptr<const Snapshot> shown = board.Latest();
  nlohmann::ordered_json all;
  for (const NodeView& node : shown->nodes) all["nodes"][node.name] = WithoutJudgement(ToJson(node));
  for (const auto& workload : shown->workloads)
    all["workloads"][workload->id] = WithoutJudgement(ToJson(*workload, 3));
  for (const auto& alert : shown->alerts) all["alerts"][alert->rule] = WithoutJudgement(ToJson(*alert));
  for (const StoryView& story : shown->stories) all["stories"][story.id] = ToJson(story);
  for (const HappeningView& happening : shown->happenings) all["happenings"].push_back(ToJson(happening));
  for (const auto& [id, silence] : board.Alerts()->silences().all())
    all["silences"][id] = nlohmann::json::parse(EncodeSilence(silence));
  for (const Blob& blob : Must(store->Scan("apply"))) {
    const Trial trial = Must(LoadTrial(blob.value));
    all["trials"][blob.key] = {{"phase", Name(trial.phase)},
                               {"reason", trial.reason},
                               {"canary", trial.canary},
                               {"target", trial.target.at(0).request.cpu},
                               {"before", trial.resized.at(0).before.at(0).request.cpu},
                               {"periods", trial.before.at(0).periods}};
  }
  all["left_out"] = shown->collector.state_left_out;
  core.model().containers().ForEach([&](ContainerId, const Container& container) {
    auto& kept = all["kept"][core.model().workloads()[container.workload].id + ' ' + container.name];
    if (container.past != nullptr) kept["past"] = FiguresOf(*container.past);
    if (container.taken_over != nullptr) kept["taken_over"] = FiguresOf(*container.taken_over);
    for (const Container::ClassPast& past : container.class_pasts)
      kept["class_pasts"][past.node_class] = FiguresOf(past.usage);
    for (const ReplicaId id : container.replicas) {
      const Replica& replica = core.model().replicas()[id];
      auto& one = kept["replicas"][core.model().nodes()[replica.node].name];
      one["pod"] = replica.pod;
      one["path"] = replica.path;
      one["working_set"] = replica.working_set.Points().back().value;
      one["limit"] = replica.limits.memory_limit;
      one["usage"] = FiguresOf(replica.usage);
    }
  });
  core.Finish();
  return all;
}

}  // namespace loadline::test

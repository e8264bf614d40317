#include "collector/kube/kubernetes.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "collector/kube/cluster_uid.h"
#include "collector/kube/largest_nodes.h"
#include "collector/kube/pod_resolver.h"
#include "collector/kube/token_review.h"
#include "collector/kube_api/kube_client.h"
#include "collector/kube_api/list.h"
#include "collector/kube_objects/fault_objects.h"
#include "collector/kube_objects/pod_news.h"
#include "collector/kube_objects/sizing_policy.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// More than anybody evicts between two looks.
constexpr std::size_t kMostNews = 4096;
// Starts of containers in pods that are gone.
constexpr std::size_t kMostHeardOf = 20'000;

class RunningKubernetes final : public Kubernetes {
 public:
  RunningKubernetes(const KubernetesOptions& options, KubeAccess access, const Clock& clock)
      : options_(options),
        access_(std::move(access)),
        clock_(clock),
        names_(clock),
        resolver_(names_),
        tokens_(access_, clock,
                {.audience = options.audience,
                 .service_account = options.agent_account,
                 .node_of_pod = [this](std::string_view uid) { return names_.NodeOf(uid); }}) {
    WatchSink pods{.begin_list = [this] { names_.BeginPods(); },
                   .upsert =
                       [this](const nlohmann::json& pod) {
                         names_.UpsertPod(pod);
                         AddNews(NewsOfPod(pod));
                       },
                   .remove =
                       [this](const nlohmann::json& pod) {
                         names_.RemovePod(pod);
                         AddNews(NewsOfPod(pod));
                       },
                   .end_list = [this] { names_.EndPods(); }};
    pods = Both(std::move(pods), pending_.Sink());
    if (options.in_place) {
      in_place_ = std::make_unique<InPlace>(access_, clock_, workloads_);
      pods = Both(std::move(pods), in_place_->pods().Sink());
    }
    if (options.metered) pods = Both(std::move(pods), metered_.Sink());
    Add({.path = "/api/v1/pods"}, std::move(pods));
    Add({.path = "/apis/batch/v1/jobs", .metadata_only = true},
        {.begin_list = [] {},
         .upsert = [this](const nlohmann::json& job) { names_.UpsertJob(job); },
         .remove = [this](const nlohmann::json& job) { names_.RemoveJob(job); },
         .end_list = [] {}});
    naming_ = watches_.size();
    Add({.path = "/api/v1/events", .field_selector = kEventsSelector},
        {.begin_list = [] {},
         .upsert =
             [this](const nlohmann::json& event) {
               auto news = NewsOfEvent(event);
               if (!news) return;
               if (!news->pod_uid.empty()) news->workload_id = names_.WorkloadOf(news->pod_uid);
               AddNews({*std::move(news)});
             },
         .remove = [](const nlohmann::json&) {},
         .end_list = [] {}});
    if (options.surroundings) WatchSurroundings();
    if (options.namespaces) {
      Add({.path = "/api/v1/namespaces", .metadata_only = true}, namespaces_.Sink());
    }
    if (options.in_place) {
      Add({.path = "/apis/policy/v1/poddisruptionbudgets"}, objects_.budgets.Sink());
    }
    if (options.in_place || options.workloads) WatchWorkloads();
    // From here on there are no more watches than these.
    threads_.emplace_back([this](const std::stop_token& stop) { HearOfGonePods(stop); });
  }

  // All at once, so that their ends do not add up.
  ~RunningKubernetes() override {
    for (std::jthread& thread : threads_) thread.request_stop();
  }

  bool WaitUntilSynced(Duration patience) override {
    const Mono deadline = clock_.Now() + patience;
    const auto synced = [this] { return NamesSynced() && heard_of_gone_; };
    while (!synced() && clock_.Now() < deadline) std::this_thread::sleep_for(20ms);
    return synced();
  }

  Result<std::string> ClusterUid(Duration patience) override {
    return collector::ClusterUid(access_, clock_, patience);
  }

  void PublishKey(const std::string& public_key) override {
    const std::size_t slash = options_.key_config_map.find('/');
    if (slash == std::string::npos) return;
    const std::string path =
        fmt::format("/api/v1/namespaces/{}/configmaps/{}", options_.key_config_map.substr(0, slash),
                    options_.key_config_map.substr(slash + 1));
    publisher_ = std::jthread([this, path, public_key](const std::stop_token& stop) {
      KubeClient api(access_, clock_, stop);
      Backoff backoff;
      while (!stop.stop_requested()) {
        auto done = api.Do({.method = "PATCH",
                            .path = path,
                            .body = {{"data", {{"collector.pub", public_key + "\n"}}}},
                            .content_type = kMergePatch});
        if (done) return;
        spdlog::warn("kubernetes: publishing our key: {}", done.error().message);
        WaitUnlessStopped(backoff.Next(), stop);
      }
    });
  }

  [[nodiscard]] const KubeAccess& access() const override { return access_; }

  void WriteVpas(VpaWriterOptions options, VpaWriter::Source source) override {
    options.left_out = [this] { return names_.InitContainers(); };
    vpas_ = std::make_unique<VpaWriter>(access_, clock_, workloads_, std::move(options), std::move(source));
  }

  VpaCheckpoints& ExchangeCheckpoints(VpaCheckpointsOptions options, VpaCheckpoints::Source source) override {
    options.left_out = [this] { return names_.InitContainers(); };
    checkpoints_ = std::make_unique<VpaCheckpoints>(access_, clock_, vpas_->vpas(), std::move(options),
                                                    std::move(source));
    return *checkpoints_;
  }

  void Meter(MetricsSourceOptions options, MetricsSource::Deliver deliver) override {
    metrics_ = std::make_unique<MetricsSource>(access_, clock_, metered_, options, std::move(deliver));
  }

  std::vector<ClusterNews> TakeNews() override {
    std::lock_guard lock(news_mutex_);
    return std::exchange(news_, {});
  }

  std::vector<SpecTold> TakeSpecs() override { return names_.TakeSpecs(); }

  [[nodiscard]] ClusterFaults faults() const override {
    ClusterFaults all;
    faulty_nodes_.ForEach([&](const std::string&, const FaultyNode& node) {
      all.nodes.insert(all.nodes.end(), node.faults.begin(), node.faults.end());
    });
    pending_.ForEach([&](const std::string&, const PendingPod& pod) { all.pods.push_back(pod); });
    return all;
  }

  [[nodiscard]] std::map<std::string, std::string, std::less<>> rules_by_namespace() const override {
    std::map<std::string, std::string, std::less<>> all;
    namespaces_.ForEach([&](const std::string& name, const std::string& rules) { all[name] = rules; });
    return all;
  }

  [[nodiscard]] bool IsGone(const std::string& node) const override {
    if (node == kMetricsSource) return !options_.metered;
    if (options_.metered) return true;
    if (!objects_.nodes.complete()) return false;
    const std::optional<ClusterNode> known = objects_.nodes.Find(node);
    return !known || known->leaving;
  }

  [[nodiscard]] InPlace* in_place() override { return in_place_.get(); }
  [[nodiscard]] std::optional<std::string> VpaModeOf(const std::string& workload_id) const override {
    return vpas_ ? vpas_->ModeOf(workload_id) : std::nullopt;
  }
  [[nodiscard]] const NameResolver& names() const override { return resolver_; }
  [[nodiscard]] TokenVerifier& tokens() override { return tokens_; }
  [[nodiscard]] ReaderAccess& readers() override { return readers_; }
  [[nodiscard]] ClusterNames::Size size() const override { return names_.size(); }
  [[nodiscard]] std::shared_ptr<const Surroundings> surroundings() const override { return objects_.Get(); }
  NodeRooms LargestFor(const std::string& workload_id, const std::set<std::string>& runs_on) override {
    return largest_.For(objects_.Get(),
                        {.runs_on = runs_on,
                         .site = names_.SiteOf(workload_id),
                         .is_daemon_set = workload_id.find("/DaemonSet/") != std::string::npos,
                         .daemon_sets = names_.DaemonSetRequests()});
  }
  [[nodiscard]] std::vector<WatchView> watches() const override {
    std::vector<WatchView> all;
    for (const auto& watch : watches_) all.push_back(ViewOf(*watch));
    if (vpas_) all.push_back(ViewOf(vpas_->watch()));
    if (metrics_) all.push_back(metrics_->View());
    if (checkpoints_) {
      if (auto view = checkpoints_->View()) all.push_back(*std::move(view));
    }
    return all;
  }

 private:
  [[nodiscard]] bool NamesSynced() const {
    return std::ranges::all_of(watches_.begin(), watches_.begin() + static_cast<std::ptrdiff_t>(naming_),
                               [](const auto& watch) { return watch->synced(); });
  }

  // Once: whoever came and went before is told of in Events alone.
  void HearOfGonePods(const std::stop_token& stop) {
    while (!NamesSynced()) {
      if (!WaitUnlessStopped(20ms, stop)) return;
    }
    KubeClient api(access_, clock_, stop);
    std::vector<ContainerHeardOf> heard;
    const auto listed = ListAll(
        api,
        {.path = "/api/v1/events", .selector = fmt::format("&fieldSelector={}", UrlEncode(kStartsSelector))},
        [&](const nlohmann::json& event) {
          auto start = StartOf(event);
          if (start && names_.NodeOf(start->pod_uid).empty() && heard.size() < kMostHeardOf)
            heard.push_back(*std::move(start));
        });
    if (!listed) {
      spdlog::warn("kubernetes: listing the starts of containers: {}", listed.error().message);
    }
    names_.HeardOf(heard);
    heard_of_gone_ = true;
  }

  [[nodiscard]] WatchView ViewOf(const Watch& watch) const {
    const Watch::Counters counters = watch.counters();
    WatchView view{.kind = watch.kind(),
                   .trouble = watch.trouble(),
                   .lists = counters.lists,
                   .streams = counters.watches,
                   .events = counters.events,
                   .expired = counters.expired,
                   .failures = counters.failures};
    view.state = !view.trouble.empty() ? "failing" : watch.synced() ? "following" : "listing";
    if (watch.last_heard() != Mono{}) view.age_seconds = Seconds(clock_.Now() - watch.last_heard());
    return view;
  }

  void AddNews(std::vector<ClusterNews> news) {
    if (news.empty()) return;
    std::lock_guard lock(news_mutex_);
    for (ClusterNews& one : news) {
      if (news_.size() < kMostNews) news_.push_back(std::move(one));
    }
  }

  void Add(WatchOptions options, WatchSink sink) {
    watches_.push_back(std::make_unique<Watch>(std::move(options), std::move(sink)));
    threads_.emplace_back([this, watch = watches_.back().get()](const std::stop_token& stop) {
      KubeClient api(access_, clock_, stop);
      watch->Run(api, stop);
    });
  }

  void WatchSurroundings() {
    Add({.path = "/apis/autoscaling/v2/horizontalpodautoscalers"}, objects_.horizontal.Sink());
    Add({.path = "/api/v1/limitranges"}, objects_.limit_ranges.Sink());
    Add({.path = "/api/v1/resourcequotas"}, objects_.quotas.Sink());
    Add({.path = "/api/v1/nodes"}, Both(objects_.nodes.Sink(), faulty_nodes_.Sink()));
    Add({.path = "/api/v1/events", .field_selector = kNodeEventsSelector, .kind = "node_events"},
        objects_.node_works.Sink());
  }

  void WatchWorkloads() {
    Add({.path = "/apis/apps/v1/deployments", .metadata_only = true}, workloads_.deployments.Sink());
    Add({.path = "/apis/apps/v1/statefulsets", .metadata_only = true}, workloads_.stateful_sets.Sink());
    Add({.path = "/apis/apps/v1/daemonsets", .metadata_only = true}, workloads_.daemon_sets.Sink());
  }

  const KubernetesOptions options_;
  const KubeAccess access_;
  const Clock& clock_;
  ClusterNames names_;
  ClusterObjects objects_;
  LargestNodes largest_;
  ObjectCache<FaultyNode> faulty_nodes_{ParseFaultyNode};
  ObjectCache<PendingPod> pending_{ParsePendingPod};
  ObjectCache<std::string> namespaces_{RulesOfNamespace};  // empty: not asked for
  WorkloadObjects workloads_;
  ObjectCache<MeteredPod> metered_{ParseMeteredPod};  // empty: not asked for
  std::unique_ptr<InPlace> in_place_;                 // null: not asked for
  PodResolver resolver_;
  TokenReviewVerifier tokens_;
  ReaderAccess readers_{access_, clock_};
  std::mutex news_mutex_;
  std::vector<ClusterNews> news_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::size_t naming_ = 0;  // the first of these give names, without which others would be told wrongly
  std::atomic<bool> heard_of_gone_{false};
  std::vector<std::jthread> threads_;  // use all of the above
  std::jthread publisher_;
  std::unique_ptr<MetricsSource> metrics_;       // null: not asked for
  std::unique_ptr<VpaWriter> vpas_;              // null: not asked for
  std::unique_ptr<VpaCheckpoints> checkpoints_;  // null: not asked for; uses vpas_
};

}  // namespace

Result<std::unique_ptr<Kubernetes>> Kubernetes::Start(const KubernetesOptions& options, const Clock& clock) {
  auto access = FindAccess(options.kubeconfig);
  if (!access) return Failure(access.error().In("kubernetes"));
  return std::make_unique<RunningKubernetes>(options, *std::move(access), clock);
}

}  // namespace loadline::collector

#include "collector/app/collector.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "collector/app/apply_pass.h"
#include "collector/app/choices.h"
#include "collector/app/cluster_name.h"
#include "collector/app/core_loop.h"
#include "collector/app/doors.h"
#include "collector/app/endpoints.h"
#include "collector/app/presses.h"
#include "collector/app/previews.h"
#include "collector/app/repair_pass.h"
#include "collector/app/repair_requests.h"
#include "collector/app/telling.h"
#include "collector/app/trials.h"
#include "collector/ingest/ingest.h"
#include "collector/ingest/key_files.h"
#include "collector/kube/kubernetes.h"
#include "collector/kube/node_leases.h"
#include "collector/kube_repair/node_orders.h"
#include "collector/kube_repair/repair_lease.h"
#include "collector/press/press_refusals.h"
#include "collector/reach/reach.h"
#include "collector/store/damage.h"
#include "collector/store/patient_store.h"
#include "collector/store/sqlite_store.h"
#include "collector/web/server.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// Deliveries between ingest and core: ten seconds of a thousand agents' heartbeats, and their reports. Ingest
// bounds the bytes.
constexpr std::size_t kQueue = 16'384;
constexpr Duration kNamesWithin = std::chrono::seconds(10);

std::string Or(const std::string& configured, const std::string& otherwise) {
  return configured.empty() ? otherwise : configured;
}

// What the file says, and where messages lead people.
std::vector<std::string> NamesOfThePage(const Config& config) {
  std::vector<std::string> names = config.listen.web_hosts;
  const std::string& url = config.alerting.page_url;
  if (const std::size_t scheme = url.find("://"); scheme != std::string::npos) {
    const std::size_t begin = scheme + 3;
    names.push_back(url.substr(begin, url.find('/', begin) - begin));
  }
  return names;
}

class RunningCollector final : public Collector {
 public:
  RunningCollector(const Config& config, std::function<Result<void>()> reload)
      : config_(config), reload_(std::move(reload)) {}
  RunningCollector(const RunningCollector&) = delete;
  RunningCollector& operator=(const RunningCollector&) = delete;

  ~RunningCollector() override {
    // What was pressed and heard is still done.
    if (presses_) presses_->Close();
    // First the door, then the house: what is in the queue is still committed and acknowledged.
    errands_.Close();
    if (trials_) trials_->Close();
    if (cluster_) cluster_->readers().Stop();
    web_.reset();
    if (core_thread_.joinable()) {
      core_thread_.request_stop();
      queue_.Close();
      core_thread_.join();
    }
    // The last acknowledgements still go.
    if (store_) {
      (void)store_->WaitForDisk();
      store_->ForgetOnDisk();
    }
    ingest_.reset();
    if (!endpoints_path_.empty()) std::remove(endpoints_path_.c_str());
  }

  Result<void> Start() {
    if (auto done = Open(); !done) return done;
    if (auto done = Listen(); !done) return done;
    core_thread_ = std::jthread(
        [this](const std::stop_token& stop) { RunCoreLoop(*core_, queue_, errands_, clock_, stop); });
    endpoints_path_ = config_.store.folder + "/endpoints.json";
    return WriteEndpoints(endpoints_path_, ingest_->endpoint(), web_->url(), web_->probes_port());
  }

  [[nodiscard]] std::string agent_endpoint() const override { return ingest_->endpoint(); }
  [[nodiscard]] std::string web_url() const override { return web_->url(); }
  [[nodiscard]] const Board& board() const override { return board_; }
  [[nodiscard]] bool damaged() const override { return damaged_; }

 private:
  Result<void> Open() {
    Result<Choices> chosen = Choose(config_);
    if (!chosen) return Failure(chosen.error());
    choices_ = std::move(*chosen);
    for (const std::string& warning :
         choices_.alerts ? choices_.alerts->warnings : std::vector<std::string>{})
      spdlog::warn("{}: {}", config_.alerting.file, warning);
    const std::string given = choices_.cluster;
    Result<std::unique_ptr<SqliteStore>> store =
        SqliteStore::Open(config_.store.folder, {config_.store.max_size});
    if (!store) return Failure(store.error());
    sqlite_ = store->get();
    store_ = std::make_unique<PatientStore>(std::move(*store));
    if (auto joined = JoinCluster(); !joined) return joined;
    const Result<std::string> name = given.empty() ? DefaultName() : Result<std::string>(given);
    if (!name) return Failure(name.error());
    spdlog::info("this cluster is called {}", Printable(*name));
    choices_.repair.steps.webhook.cluster = *name;
    if (auto ready = PrepareTelling(*name); !ready) return ready;
    telling_->lanes().NoteIn(store_->notes());
    const NameResolver& names = cluster_ ? cluster_->names() : cgroup_names_;
    if (cluster_ && config_.kubernetes.ask_kubelets)
      reach_ = std::make_unique<Reach>(clock_, [this] { (void)queue_.Push(Knock{}); });
    if (cluster_ && config_.kubernetes.ask_leases)
      leases_ = std::make_unique<NodeLeases>(cluster_->access(), clock_);
    if (cluster_)
      source_ = std::make_unique<KubernetesSource>(*cluster_, reach_.get(), leases_.get());
    else
      source_ = std::make_unique<NoCluster>();
    core_ =
        std::make_unique<Core>(CoreParts{*store_, telling_->plan(), telling_->lanes(), *choices_.algorithm,
                                         choices_.compared.get(), board_, clock_, names, *source_},
                               config_);
    if (auto recovered = core_->Recover(); !recovered) return Unreadable(recovered.error());
    sqlite_->OnDamage([this] { EndDamaged(); });
    if (auto prepared = PrepareRepairs(); !prepared) return prepared;
    if (!cluster_ || !config_.apply.enabled) return {};
    apply_ = std::make_unique<ApplyPass>(config_.apply.how, *cluster_, *store_);
    core_->Resize(*apply_);
    return apply_->Recover();
  }

  // Whose pools and whose marks on nodes are known.
  Result<void> PrepareRepairs() {
    if (!cluster_ || !config_.kubernetes.how.surroundings || choices_.repair.idle()) return {};
    std::unique_ptr<RepairExecutor> executor = std::make_unique<NobodyRepairs>();
    if (choices_.repair.acts()) {
      lease_ = std::make_unique<RepairLease>(
          cluster_->access(), clock_,
          LeaseOptions{.space = LeaseSpace(), .identity = LeaseIdentity(NameOfHost())});
      executor = std::make_unique<NodeOrders>(cluster_->access(), clock_, *lease_, choices_.repair.steps);
    }
    repair_ =
        std::make_unique<RepairPass>(*store_, clock_, choices_.repair, std::move(executor), lease_.get());
    repair_requests_ = std::make_unique<RepairRequests>(errands_, *repair_);
    core_->Repair(*repair_);
    return repair_->Recover();
  }

  // As kubectl has it, where nothing says which.
  [[nodiscard]] std::string LeaseSpace() const {
    if (!choices_.repair.lease_space.empty()) return choices_.repair.lease_space;
    return cluster_->access().space.empty() ? "default" : cluster_->access().space;
  }

  // Of a cluster to which nobody gave one.
  Result<std::string> DefaultName() {
    if (!cluster_) return NameOfHost();
    return NameOfKubernetes(
        *store_, [this](Duration patience) { return cluster_->ClusterUid(patience); }, clock_.WallNow());
  }

  Result<void> PrepareTelling(const std::string& cluster) {
    if (!config_.azure.cluster.empty()) spdlog::warn("azure.cluster is called cluster.name now");
    Result<std::unique_ptr<Telling>> telling =
        Telling::Make(config_, std::exchange(choices_.alerts, std::nullopt), choices_.presses.buttons,
                      cluster, clock_, [this] { errands_.Knock(); });
    if (!telling) return Failure(telling.error());
    telling_ = std::move(*telling);
    trials_ = std::make_unique<Trials>(telling_->plan(), telling_->lanes(), clock_);
    previews_ =
        std::make_unique<Previews>(telling_->plan(), telling_->lanes(), errands_, config_.detect, clock_);
    return {};
  }

  // What is in the store is damaged, or it cannot be read now.
  std::unexpected<Error> Unreadable(const Error& error) {
    damaged_ = error.kind == ErrorKind::kInvalid;
    return Failure(error);
  }

  // Nothing can be acknowledged any more. Whoever restarts us has the damaged database set aside.
  void EndDamaged() {
    damaged_ = true;
    MarkDatabaseDamaged(config_.store.folder);
    spdlog::critical("the database is damaged: the collector ends, and its next start sets it aside");
    ::kill(::getpid(), SIGTERM);
  }

  Result<void> JoinCluster() {
    const KubernetesConfig& config = config_.kubernetes;
    if (config.mode == "off") return {};
    KubernetesOptions how = config.how;
    if (config.mode != "kubeconfig") how.kubeconfig.clear();
    how.in_place = config_.apply.enabled;
    how.workloads = !choices_.create_vpas.none();
    auto cluster = Kubernetes::Start(how, clock_);
    if (!cluster) return Failure(cluster.error());
    cluster_ = std::move(*cluster);
    // Records that are replayed want their names. Without an API server they get them later.
    if (!cluster_->WaitUntilSynced(kNamesWithin)) spdlog::warn("starting without the names of pods");
    return {};
  }

  // Up to when the status of pods was read for OOM kills. At the very first start the last day's are news.
  [[nodiscard]] Wall MeteredUntil() const {
    Wall until = clock_.WallNow() - std::chrono::hours(24);
    core_->model().nodes().ForEach([&](NodeId, const Node& node) {
      if (node.name == kMetricsSource) until = node.last_record;
    });
    return until;
  }

  // Whom agents must convince: the API server, or whoever wrote the token file.
  Result<TokenVerifier*> Tokens() {
    if (cluster_) return &cluster_->tokens();
    const std::string file = Or(config_.security.token_file, config_.store.folder + "/token");
    if (auto done = EnsureTokenFile(file); !done) return Failure(done.error());
    Result<std::unique_ptr<TokenVerifier>> tokens = OpenTokenFile(file);
    if (!tokens) return Failure(tokens.error());
    tokens_ = std::move(*tokens);
    return tokens_.get();
  }

  // Whom the door is opened to at all. In the standalone case the key is ours to make.
  Result<AgentKeys*> KeysOfAgents(const std::string& keys_folder) {
    if (config_.security.any_agent_key) return nullptr;
    const std::string& given = config_.security.agent_keys_folder;
    const std::string folder = Or(given, keys_folder + "/agents");
    if (given.empty()) {
      if (auto made = EnsureAgentKey(folder); !made) return Failure(made.error());
    }
    Result<std::unique_ptr<AgentKeys>> keys = OpenAgentKeys(folder, clock_.Now());
    if (!keys) return Failure(keys.error());
    agent_keys_ = std::move(*keys);
    const auto grace = config_.security.any_agent_key_until.value_or(Wall{}) - clock_.WallNow();
    if (grace > Duration::zero()) {
      spdlog::warn("agents with any key are let in for {}: security.any_agent_key_until",
                   FormatSeconds(Seconds(grace)));
      agent_keys_ = AnyKeyUntil(clock_.Now() + grace, std::move(agent_keys_));
    }
    return agent_keys_.get();
  }

  Result<Doors> OpenForAll() {
    MayRead by_cluster;
    if (config_.security.cluster_authentication) {
      by_cluster = [this](const std::string& token, std::string_view verb, std::string_view path) {
        return cluster_->readers().May(token, verb, path);
      };
    }
    return OpenDoors(config_, std::move(by_cluster), clock_.WallNow());
  }

  PressHookOptions HearPresses(std::unique_ptr<PressGate> gate) {
    if (!gate) return {};
    press_gate_ = std::move(gate);
    presses_ = std::make_unique<Presses>(choices_.presses, config_.alerting.page_url, errands_,
                                         repair_requests_.get());
    return {.gate = press_gate_.get(), .desk = presses_.get(), .on_refused = [this](const Error& why) {
              if (const auto line = press_refusals_.Note(why, clock_.Now())) spdlog::warn("{}", *line);
            }};
  }

  Result<void> Listen() {
    Result<TokenVerifier*> tokens = Tokens();
    if (!tokens) return Failure(tokens.error());
    const std::string keys_folder = Or(config_.security.keys_folder, config_.store.folder + "/keys");
    Result<CurveKeys> keys = EnsureCurveKeys(keys_folder);
    if (!keys) return Failure(keys.error());
    Result<AgentKeys*> agents = KeysOfAgents(keys_folder);
    if (!agents) return Failure(agents.error());
    if (cluster_) cluster_->PublishKey(keys->public_key);
    if (const std::string& recommender = config_.kubernetes.vpa_recommender;
        cluster_ && !recommender.empty()) {
      cluster_->WriteVpas({.recommender = recommender,
                           .interval = config_.recommend.interval,
                           .create_in = choices_.create_vpas},
                          [this] { return board_.Latest(); });
      if (config_.kubernetes.import_checkpoints || config_.kubernetes.export_checkpoints) {
        core_->Exchange(cluster_->ExchangeCheckpoints({.take_over = config_.kubernetes.import_checkpoints,
                                                       .write = config_.kubernetes.export_checkpoints,
                                                       .recommender = recommender,
                                                       .interval = config_.recommend.interval},
                                                      [this] { return board_.Latest(); }));
      }
    }

    Result<Doors> doors = OpenForAll();
    if (!doors) return Failure(doors.error());
    auto web = WebServer::Start(
        {.address = doors->page.host,
         .port = doors->page.port,
         .hosts = NamesOfThePage(config_),
         .probes = std::move(doors->probes),
         .may_read = std::move(doors->may_read),
         .tls = TlsOfThePage(config_.listen),
         .on_tls_trouble =
             [](const std::string& why) { spdlog::error("the page keeps its old certificate: {}", why); },
         .alerts = {.desk = &errands_,
                    .may_write = std::move(doors->may_write),
                    .config = telling_->published_config(),
                    .started = clock_.WallNow()},
         .azure_hook = {.desk = &errands_, .may_tell = std::move(doors->may_tell_for_azure)},
         .press_hook = HearPresses(std::move(doors->presses)),
         .trial = trials_.get(),
         .preview = previews_.get(),
         .repairs = repair_requests_.get(),
         .reload = reload_},
        [this] { return board_.Latest(); }, clock_);
    if (!web) return Failure(web.error());
    web_ = std::move(*web);

    auto ingest =
        Ingest::Start({.endpoint = config_.listen.agents, .keys = std::move(*keys), .agents = *agents},
                      core_->Watermarks(), **tokens, queue_, clock_);
    if (!ingest) return Failure(ingest.error());
    ingest_ = std::move(*ingest);
    core_->OnCommitted([this](std::vector<Watermark> marks) {
      store_->OnDisk([this, marks = std::move(marks)] { ingest_->Committed(marks); });
    });
    core_->OnStoreAway([this](bool away) { ingest_->StoreAway(away); });
    if (cluster_ && config_.kubernetes.ask_neighbours)
      core_->OnQuestions([this](std::vector<NeighbourQuestion> all) { ingest_->Ask(std::move(all)); });
    core_->OnMetrics([this] { return ingest_->Metrics(); });
    core_->OnReceivers([this] { return telling_->Receivers(); });
    telling_->PublishMetrics([this] { return board_.Latest(); });
    core_->OnReports([this] { return telling_->lanes().TakeReports(); });
    if (cluster_ && config_.kubernetes.how.metered) {
      cluster_->Meter({.interval = config_.kubernetes.metrics_interval, .kills_since = MeteredUntil()},
                      [this](Delivery delivery) { return queue_.Push(std::move(delivery)); });
    }
    return {};
  }

  const Config config_;
  const std::function<Result<void>()> reload_;
  const SystemClock clock_;
  Board board_;
  BoundedQueue<Delivery> queue_{kQueue};
  Errands errands_{[this] { (void)queue_.Push(Knock{}); }, board_, [this] { (void)store_->WaitForDisk(); }};
  const CgroupNames cgroup_names_;
  std::unique_ptr<Kubernetes> cluster_;    // null outside a cluster
  std::unique_ptr<Reach> reach_;           // null: nobody asks kubelets
  std::unique_ptr<NodeLeases> leases_;     // null: nobody asks for their nodes' Leases
  std::unique_ptr<ClusterSource> source_;  // what the core asks of it, or of none
  Choices choices_;
  std::unique_ptr<PatientStore> store_;
  SqliteStore* sqlite_ = nullptr;     // in it
  std::unique_ptr<Telling> telling_;  // behind the store: its lanes note there what they sent until they end
  std::unique_ptr<Trials> trials_;
  std::unique_ptr<Previews> previews_;
  std::unique_ptr<ApplyPass> apply_;    // null: nothing is resized
  std::unique_ptr<RepairLease> lease_;  // null: nothing is carried out
  std::unique_ptr<RepairPass> repair_;  // null: nothing is repaired
  std::unique_ptr<RepairRequests> repair_requests_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<TokenVerifier> tokens_;
  std::unique_ptr<AgentKeys> agent_keys_;  // null: agents may have any key
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<PressGate> press_gate_;  // null: no buttons are heard
  PressRefusals press_refusals_;
  std::unique_ptr<Presses> presses_;
  std::unique_ptr<WebServer> web_;
  std::string endpoints_path_;
  std::atomic<bool> damaged_ = false;
  std::jthread core_thread_;
};

}  // namespace

Result<std::unique_ptr<Collector>> Collector::Start(const Config& config,
                                                    std::function<Result<void>()> reload) {
  auto collector = std::make_unique<RunningCollector>(config, reload);
  auto started = collector->Start();
  if (!started && collector->damaged()) {
    spdlog::error("{}", started.error().message);
    collector.reset();
    MarkDatabaseDamaged(config.store.folder);
    collector = std::make_unique<RunningCollector>(config, std::move(reload));
    started = collector->Start();
  }
  if (!started) return Failure(started.error());
  return collector;
}

}  // namespace loadline::collector

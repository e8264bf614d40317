#include "collector/backtest/life.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "collector/backtest/replica_count.h"
#include "collector/recommend/caps.h"
#include "collector/recommend/workload.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kStep = minutes(1);
constexpr Duration kAsk = minutes(15);  // at the latest; a kill and a pod that begins ask at once
constexpr Duration kWeek = 7 * hours(24);
// As upstream's updater has them by default.
constexpr double kUpdateFrom = 0.1;
constexpr Duration kUpdateAfter = hours(12);
constexpr Duration kQuickKill = minutes(10);
// What is remembered of a workload of which nothing runs: by upstream, by us, and by us of what runs on a schedule.
constexpr Duration kForgetAfter = 8 * hours(24);
constexpr Duration kForgetCronJob = 70 * hours(24);

// By how much the request of a pod is off; upstream adds the shares of both resources.
double ShareOff(double request, double wanted) {
  return std::abs(request - wanted) / std::max(request, 1.0);
}

// One container of one pod.
struct Running {
  std::size_t number = 0;  // of the life's containers
  std::unique_ptr<SimulatedContainer> container;
  Duration started{};         // since the life began
  bool killed_early = false;  // the last kill came soon after the start, and nothing was changed since
};

struct Pod {
  int version = 0;  // 0: none
  Duration began{};
  std::vector<Running> containers;
};

class Workload {
 public:
  Workload(const Life& life, const Algorithm& algorithm, double knob)
      : life_(life),
        algorithm_(algorithm),
        knob_(knob),
        by_hand_(algorithm.samples().has_value()),
        pods_(static_cast<std::size_t>(life.places)),
        pasts_(life.containers.size()),
        answers_(life.containers.size()) {
    if (life.scaling) count_.emplace(*life.scaling);
    for (const LifeContainer& container : life.containers)
      template_.push_back({container.request, container.limit});
  }

  LifeFigures Play() {
    for (; at_ < life_.days * hours(24); at_ += kStep) Step();
    for (const Pod& pod : pods_) {
      for (const Running& running : pod.containers) changes_ += running.container->changes();
    }
    const double days = pod_minutes_ / (24 * 60);
    return {.kills = kills_,
            .minutes_short = minutes_short_,
            .memory_slack = 1 - used_.bytes / requested_.bytes,
            .cpu_slack = 1 - used_.cores / requested_.cores,
            .last_request = last_request_,
            .changes_a_day = days > 0 ? changes_ / days : 0};
  }

 private:
  struct Size {
    Amounts request;
    Amounts limit;
  };
  using ByClass = std::map<std::string, Recommendation>;
  using ByPastClass = std::map<std::string, ContainerUsage>;

  [[nodiscard]] Wall Now() const { return SimulatedContainer::kBegin + at_; }
  [[nodiscard]] std::string ClassOf(std::size_t place) const {
    return life_.node_class ? life_.node_class(static_cast<int>(place)) : std::string();
  }

  void Step() {
    Forget();
    if (life_.moved_at == at_) Move();
    for (const LifeEdit& edit : life_.edits) {
      if (edit.at == at_) Edit({edit.request, edit.limit});
    }
    StartAndStop();
    if (by_hand_ && at_ > Duration::zero() && at_ % kWeek == Duration::zero()) WriteTemplate();
    const bool killed = Live();
    if (by_hand_) return;
    if (killed || at_ - asked_ >= kAsk) Ask(at_ + kStep);
    if (asked_ == at_ + kStep) Update();
  }

  [[nodiscard]] bool IsScaled() const { return count_ && at_ >= life_.scaling->from; }

  // ---- pods come and go

  void Move() {
    for (std::size_t place = 0; place < pods_.size(); ++place) Stop(place);
    for (ByPastClass& past : pasts_) past.clear();
    for (ByClass& answer : answers_) answer.clear();
    asked_ = at_;
  }

  // Rolled out at once.
  void Edit(const Size& size) {
    template_[0] = size;
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      if (pods_[place].version > 0) Stop(place);
    }
  }

  void StartAndStop() {
    running_ = 0;
    std::vector<int> wanted(pods_.size());
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      const int number = static_cast<int>(place);
      wanted[place] = life_.version ? life_.version(at_, number) : 1;
      if (count_ && number >= count_->replicas()) wanted[place] = 0;
      running_ += wanted[place] > 0 ? 1 : 0;
    }
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      if (pods_[place].version != wanted[place]) Stop(place);
    }
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      if (pods_[place].version != wanted[place]) Start(place, wanted[place]);
    }
  }

  void Stop(std::size_t place) {
    for (const Running& running : pods_[place].containers)
      Fold(running.number, ClassOf(place), *running.container);
    pods_[place] = {};
  }

  void Start(std::size_t place, int version) {
    if (by_hand_ && version > newest_) WriteTemplate();
    newest_ = std::max(newest_, version);
    if (!by_hand_ && (asked_ < Duration::zero() || at_ - asked_ >= minutes(1))) Ask(at_);
    Pod& pod = pods_[place];
    pod.version = version;
    pod.began = at_;
    for (std::size_t i = 0; i < life_.containers.size(); ++i) {
      if (at_ >= life_.containers[i].from) pod.containers.push_back({i, Begin(SizeFor(i, place)), at_});
    }
  }

  [[nodiscard]] std::unique_ptr<SimulatedContainer> Begin(const Size& size) const {
    auto container = std::make_unique<SimulatedContainer>(
        algorithm_, SimulatedContainer::Settings{.request = size.request, .step = kStep, .begin = Now()});
    container->Give(size.request, size.limit);
    container->usage().Started(Now());
    return container;
  }

  void Fold(std::size_t i, const std::string& node_class, SimulatedContainer& container) {
    changes_ += container.changes();
    ContainerUsage& usage = container.usage();
    if (!usage.first_seen()) return;
    usage.Ended();
    ContainerUsage& past = pasts_[i][node_class];
    past.Resumed(*usage.first_seen());
    past.Merge(usage);
  }

  // What ranks samples has a window of its own.
  void Forget() {
    if (by_hand_ || running_ > 0) return;
    for (std::size_t i = 0; i < pasts_.size(); ++i) {
      std::erase_if(pasts_[i],
                    [&](const auto& past) { return Now() - past.second.last_seen() >= ForgetAfter(); });
      if (pasts_[i].empty()) answers_[i].clear();
    }
  }

  [[nodiscard]] Duration ForgetAfter() const {
    return life_.is_cron_job && algorithm_.KeepsToRules() ? kForgetCronJob : kForgetAfter;
  }

  // ---- what happens to them

  // Whether anything was killed.
  bool Live() {
    bool killed = false;
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      Pod& pod = pods_[place];
      if (pod.version == 0) continue;
      pod_minutes_ += 1;
      for (Running& running : pod.containers) killed |= Live(running, pod.version, place);
    }
    if (IsScaled()) count_->Step(use_of_scaled_ / std::max(1, running_), running_);
    use_of_scaled_ = 0;
    return killed;
  }

  bool Live(Running& running, int version, std::size_t place) {
    const std::size_t i = running.number;
    SimulatedContainer& container = *running.container;
    const Amounts request = container.request();
    const Bytes limit = container.limit().memory;
    const SimulatedContainer::Demand demand =
        life_.containers[i].demand({.at = at_,
                                    .up = at_ - running.started,
                                    .place = static_cast<int>(place),
                                    .version = version,
                                    .running = running_,
                                    .limit = limit > 0 ? static_cast<double>(limit) : HUGE_VAL});
    container.Live(demand);
    Count(demand, request, container.used());
    if (count_ && i == 0) use_of_scaled_ += count_->ShareOf(container.used(), request);
    if (!container.killed()) return false;
    ++kills_;
    Restart(running, place);
    return true;
  }

  // In its pod, with what it has. For ours that is a container that is gone and a new one; upstream counts on.
  void Restart(Running& running, std::size_t place) {
    running.killed_early = at_ - running.started < kQuickKill;
    running.started = at_ + kStep;
    if (!algorithm_.KeepsToRules()) return;
    const Size size{running.container->request(), running.container->limit()};
    Fold(running.number, ClassOf(place), *running.container);
    running.container = Begin(size);
  }

  void Count(const SimulatedContainer::Demand& demand, const Amounts& request,
             const SimulatedContainer::Demand& used) {
    const double cores = static_cast<double>(request.cpu) / 1000;
    minutes_short_ += demand.cores > cores ? 1 : 0;
    last_request_ = request;
    requested_.cores += cores;
    requested_.bytes += static_cast<double>(request.memory);
    // Use beyond the request makes up for nothing.
    used_.cores += std::min(used.cores, cores);
    used_.bytes += std::min(used.bytes, static_cast<double>(request.memory));
  }

  // ---- what it is given

  // Null where that pod has none of it.
  static const Running* Find(const Pod& pod, std::size_t i) {
    const auto running = std::ranges::find(pod.containers, i, &Running::number);
    return running == pod.containers.end() ? nullptr : &*running;
  }

  // Answers for all that is known at that time.
  void Ask(Duration at) {
    asked_ = at;
    for (std::size_t i = 0; i < life_.containers.size(); ++i) {
      std::vector<Instance> instances;
      for (std::size_t place = 0; place < pods_.size(); ++place) {
        const Running* running = Find(pods_[place], i);
        if (running == nullptr) continue;
        const ContainerUsage& usage = running->container->usage();
        if (usage.first_seen()) instances.push_back({.node_class = ClassOf(place), .usage = &usage});
      }
      for (const auto& [node_class, past] : pasts_[i])
        instances.push_back({.node_class = node_class, .usage = &past, .gone = true});
      answers_[i].clear();
      if (instances.empty()) continue;
      const WorkloadRecommendation answer =
          RecommendWorkload(algorithm_, instances, ContextOf(i), SimulatedContainer::kBegin + at);
      for (const WorkloadGroup& group : answer.groups)
        answers_[i].insert_or_assign(group.node_class, group.recommendation);
    }
  }

  [[nodiscard]] Context ContextOf(std::size_t i) const {
    Size size = template_[i];
    for (const Pod& pod : pods_) {
      const Running* running = Find(pod, i);
      if (running == nullptr) continue;
      size = {running->container->request(), running->container->limit()};
      break;
    }
    Context context{.request = size.request, .limit = size.limit};
    context.knob = knob_;
    context.containers_in_pod = static_cast<int>(life_.containers.size());
    if (IsScaled() && i == 0) {
      (life_.scaling->resource == Resource::kCpu ? context.hpa.cpu : context.hpa.memory) =
          life_.scaling->target;
    }
    context.heap.max_heap = life_.containers[i].max_heap;
    return context;
  }

  [[nodiscard]] const Recommendation* AnswerFor(std::size_t i, std::size_t place) const {
    if (answers_[i].empty()) return nullptr;
    const auto of_class = answers_[i].find(algorithm_.SizesByNodeClass() ? ClassOf(place) : std::string());
    return of_class == answers_[i].end() ? &answers_[i].begin()->second : &of_class->second;
  }

  // With the limits of the template, in their proportion.
  [[nodiscard]] Size SizeFor(std::size_t i, std::size_t place) const {
    const Recommendation* answer = AnswerFor(i, place);
    if (by_hand_ || answer == nullptr) return template_[i];
    const auto& [request, limit] = template_[i];
    const Amounts target{.cpu = answer->cpu.target, .memory = answer->memory.target};
    return {.request = target,
            .limit = {.cpu = ProportionalLimit(limit.cpu, request.cpu, target.cpu),
                      .memory = ProportionalLimit(limit.memory, request.memory, target.memory)}};
  }

  void Update() {
    for (std::size_t place = 0; place < pods_.size(); ++place) {
      Pod& pod = pods_[place];
      if (pod.version > 0 && IsDue(pod, place)) Resize(pod, place);
    }
  }

  [[nodiscard]] bool IsDue(const Pod& pod, std::size_t place) const {
    Amounts request{};
    Amounts wanted{};
    bool out_of_bounds = false;
    bool killed_early = false;
    for (const Running& running : pod.containers) {
      const Recommendation* answer = AnswerFor(running.number, place);
      if (answer == nullptr) return false;
      const Amounts& has = running.container->request();
      for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
        const Sizing& sizing = answer->Of(resource);
        out_of_bounds |= has.Of(resource) < sizing.lower || has.Of(resource) > sizing.upper;
      }
      killed_early |= running.killed_early;
      request.cpu += has.cpu, request.memory += has.memory;
      wanted.cpu += answer->cpu.target, wanted.memory += answer->memory.target;
    }
    const double off = ShareOff(static_cast<double>(request.cpu), static_cast<double>(wanted.cpu)) +
                       ShareOff(static_cast<double>(request.memory), static_cast<double>(wanted.memory));
    return out_of_bounds || (killed_early && off > 0) ||
           (at_ - pod.began >= kUpdateAfter && off >= kUpdateFrom);
  }

  void Resize(Pod& pod, std::size_t place) {
    for (Running& running : pod.containers) Resize(running, SizeFor(running.number, place));
  }

  // A kubelet does not lower a memory limit below what is held.
  static void Resize(Running& running, Size size) {
    SimulatedContainer& container = *running.container;
    if (size.limit.memory > 0 && static_cast<double>(size.limit.memory) < container.used().bytes) {
      size.request.memory = container.request().memory;
      size.limit.memory = container.limit().memory;
    }
    container.Give(size.request, size.limit);
    running.killed_early = false;
  }

  // By hand, from what ranks samples: requests, and the memory limit with them.
  void WriteTemplate() {
    if (IsScaled()) return;
    Ask(at_);
    for (std::size_t i = 0; i < template_.size(); ++i) {
      const Recommendation* answer = AnswerFor(i, 0);
      if (answer == nullptr || answer->memory.reason.cause == Cause::kNoData) continue;
      template_[i] = {.request = {.cpu = answer->cpu.target, .memory = answer->memory.target},
                      .limit = {.memory = answer->memory.target}};
    }
    for (Pod& pod : pods_) {
      for (Running& running : pod.containers) Resize(running, template_[running.number]);
    }
  }

  const Life& life_;
  const Algorithm& algorithm_;
  const double knob_;
  const bool by_hand_;
  Duration at_{};
  Duration asked_ = -kAsk;
  std::vector<Size> template_;
  std::vector<Pod> pods_;
  int running_ = 0;
  int newest_ = 1;
  std::vector<ByPastClass> pasts_;  // of each container, by class of node
  std::vector<ByClass> answers_;
  std::optional<ReplicaCount> count_;
  double use_of_scaled_ = 0;

  int kills_ = 0;
  double minutes_short_ = 0;
  double pod_minutes_ = 0;
  double changes_ = 0;
  Amounts last_request_{};
  SimulatedContainer::Demand requested_;
  SimulatedContainer::Demand used_;
};

}  // namespace

LifeFigures LiveThrough(const Life& life, const Algorithm& algorithm, double knob) {
  return Workload(life, algorithm, knob).Play();
}

bool IsRiskier(const LifeFigures& ours, const LifeFigures& vpa, const LifeFigures& krr) {
  return ours.kills > std::min(vpa.kills, krr.kills) ||
         ours.minutes_short > std::min(vpa.minutes_short, krr.minutes_short);
}

bool IsWorse(const LifeFigures& ours, const LifeFigures& vpa, const LifeFigures& krr) {
  constexpr double kSame = 0.005;  // of slack: a tenth of a bucket of upstream's
  return IsRiskier(ours, vpa, krr) || ours.memory_slack > vpa.memory_slack + kSame ||
         ours.cpu_slack > vpa.cpu_slack + kSame;
}

}  // namespace loadline::collector

// Workloads whose pods are resized in clusters where everything happens: kubelets that are slow, have no room or fail, an
// API server that refuses, pods that are replaced, kills, growth, stops, and advice that moves. Whatever happens, no order
// breaks what may not be broken; and once it is quiet, every pod comes to have what it should.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include "collector/apply/applier.h"
#include "collector/apply/trial_state.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = 5s;

class RandomWorkload {
 public:
  explicit RandomWorkload(std::uint64_t seed) : random_(seed) {
    subject_.workload_id = "shop/Deployment/web";
    const int containers = OneIn(4) ? 2 : 1;
    const bool guaranteed = OneIn(4);
    for (int i = 0; i < containers; ++i) {
      const MilliCores cpu = Between(50, 1000);
      const Bytes memory = Between(64, 1024) * kMiB;
      ContainerSize size{fmt::format("c{}", i), {cpu, memory}, {cpu, memory}};
      if (!guaranteed) {
        size.limit.cpu = OneIn(3) ? 0 : cpu * Between(1, 4);
        size.limit.memory = OneIn(5) ? 0 : memory * Between(1, 3);
      }
      template_.push_back(size);
      subject_.advice.push_back({size.name, {}, 48h, 0, OneIn(6)});
    }
    if (OneIn(3)) {
      subject_.bounds.most = {Between(500, 4000), Between(512, 4096) * kMiB};
      subject_.bounds.least = {Between(1, 50), Between(16, 64) * kMiB};
    }
    if (OneIn(8)) subject_.bounds.cpu = false;
    if (OneIn(8)) subject_.bounds.memory = false;
    Advise();
    const auto pods = static_cast<int>(Between(1, 5));
    for (int i = 0; i < pods; ++i) AddPod();
  }

  // Anything may happen.
  void Trouble(Duration time) { Run(time, true); }
  // From now on all goes well.
  void Calm(Duration time) {
    subject_.blocked.clear();
    subject_.resized_by_others = false;
    worse_ = false;
    for (Node& node : nodes_) node = {};
    for (SizablePod& pod : subject_.pods) {
      pod.ready = true;
      pod.backing_off = false;
      pod.restarting.clear();
    }
    Run(time, false);
  }

  // The pods for which something is still to be changed.
  [[nodiscard]] std::string Left() const {
    HeldLimits held;
    for (const Rescue& rescue : trial().rescues) {
      if (rescue.raised()) held[rescue.container] = std::max(held[rescue.container], rescue.to);
    }
    std::string left;
    for (const SizablePod& pod : subject_.pods) {
      const Fit fit = FitPod(pod, subject_, options_.fit, held);
      if (fit.changes) left += fmt::format("{}: {}; ", pod.name, fit.why);
    }
    return left;
  }
  [[nodiscard]] const Trial& trial() const { return applier_->trials().at(subject_.workload_id); }
  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] int orders() const { return orders_; }

 private:
  struct Node {  // of one pod
    Duration takes{};
    ResizeState says = ResizeState::kNone;
    Wall made_at{};
    PodSize ordered;
  };

  bool OneIn(int times) { return Between(1, times) == 1; }
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  void Advise() {
    killed_at_.clear();  // what it would need now is another matter
    for (ContainerAdvice& advice : subject_.advice) {
      advice.target = {Between(10, 2000), Between(32, 2048) * kMiB};
      advice.memory_peak = advice.target.memory * Between(30, 100) / 100;
    }
  }

  void AddPod() {
    const std::string name = fmt::format("web-{}", made_++);
    SizablePod pod{.workload_id = subject_.workload_id,
                   .name = name,
                   .uid = name + "-uid",
                   .qos = QosOf(template_),
                   .ready = true,
                   .wanted = template_,
                   .given = template_};
    subject_.pods.push_back(pod);
    nodes_.emplace_back();
  }

  void Happen() {
    const auto which =
        static_cast<std::size_t>(Between(0, static_cast<std::int64_t>(subject_.pods.size()) - 1));
    SizablePod& pod = subject_.pods[which];
    Node& node = nodes_[which];
    switch (Between(0, 14)) {
      case 0:
        node.says = ResizeState::kDeferred;
        break;
      case 1:
        node.says = ResizeState::kInfeasible;
        break;
      case 2:
        node.says = ResizeState::kError;
        break;
      case 3:
        node.says = ResizeState::kNone;
        break;
      case 4:
        node.takes = Between(0, 60) * 1s;
        break;
      case 5:
        pod.ready = !pod.ready;
        break;
      case 6:
        pod.backing_off = !pod.backing_off;
        break;
      case 7:
        subject_.pods.erase(subject_.pods.begin() + static_cast<std::ptrdiff_t>(which));
        nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(which));
        AddPod();
        break;
      case 8:
        Kill(pod);
        break;
      case 9:
        Grow(pod);
        break;
      case 10:
        subject_.blocked = subject_.blocked.empty() ? "an upgrade is under way" : "";
        break;
      case 11:
        Advise();
        break;
      case 12:
        worse_ = !worse_;
        break;
      case 13:
        Restart();
        break;
      default:
        refuses_ = OneIn(3);
        break;
    }
  }

  // The kernel kills at the limit, and the recommendation learns of it.
  void Kill(SizablePod& pod) {
    ContainerAdvice& advice = subject_.advice[0];
    const Bytes at = std::max(pod.given[0].limit.memory, pod.given[0].request.memory);
    advice.target.memory = std::max(advice.target.memory, at * 2);
    advice.memory_peak = std::max(advice.memory_peak, at);
    ++pod.restarts;
    killed_at_[pod.uid] = pod.given[0].limit.memory;
    applier_->Killed(subject_.workload_id, pod.uid);
  }

  // Of the collector, which goes on with what it saved.
  void Restart() {
    const auto found = applier_->trials().find(subject_.workload_id);
    if (found == applier_->trials().end()) return;
    const auto saved = LoadTrial(SaveTrial(found->second));
    applier_ = std::make_unique<Applier>(options_);
    if (saved) applier_->Restore(subject_.workload_id, *saved);
  }

  void Grow(const SizablePod& pod) {
    const Bytes limit = pod.given[0].limit.memory;
    if (limit == 0) return;
    std::vector<LimitCap> caps;
    if (subject_.bounds.most.memory > 0) caps.push_back({subject_.bounds.most.memory, "its policy"});
    Take(applier_->Grows(subject_, {pod.uid, pod.given[0].name, limit, now_ + 5s}, caps, now_), false);
  }

  void Run(Duration time, bool trouble) {
    if (!trouble) refuses_ = false;
    for (const Wall end = now_ + time; now_ < end; now_ += kStep) {
      if (trouble && OneIn(40)) Happen();
      Kubelets();
      Measure();
      Take(applier_->Step(subject_, now_), true);
    }
  }

  void Kubelets() {
    for (std::size_t i = 0; i < subject_.pods.size(); ++i) {
      SizablePod& pod = subject_.pods[i];
      const Node& node = nodes_[i];
      if (pod.wanted == pod.given) {
        pod.resize = ResizeState::kNone;
      } else if (node.says != ResizeState::kNone) {
        pod.resize = node.says;
        pod.resize_message = "Node didn't have enough resource: memory";
      } else if (now_ - node.made_at >= node.takes) {
        pod.given = pod.wanted;
        pod.resize = ResizeState::kNone;
        pod.resize_message.clear();
      } else {
        pod.resize = ResizeState::kInProgress;
      }
    }
  }

  void Measure() {
    subject_.windows.clear();
    for (const SizablePod& pod : subject_.pods) {
      for (const ContainerSize& size : pod.given)
        subject_.windows.push_back(
            {pod.uid, size.name, now_, kStep, 50, worse_ ? 40U : 0U, 0, size.limit.memory});
    }
  }

  void Take(const Applier::Outcome& outcome, bool of_step) {
    for (const ResizeOrder& order : outcome.orders) {
      ++orders_;
      const auto pod = std::ranges::find(subject_.pods, order.pod_uid, &SizablePod::uid);
      if (pod == subject_.pods.end()) {
        Break(order, "a pod that is not there");
        continue;
      }
      Check(*pod, order, of_step);
      if (refuses_) {
        applier_->Refused(order.workload_id, order.pod_uid, "exceeded quota");
        continue;
      }
      pod->wanted = order.size;
      nodes_[static_cast<std::size_t>(pod - subject_.pods.begin())].made_at = now_;
    }
  }

  void Check(const SizablePod& pod, const ResizeOrder& order, bool of_step) {
    if (QosOf(order.size) != pod.qos) Break(order, "another QoS class");
    if (pod.leaving) Break(order, "a pod that leaves");
    if (!std::ranges::equal(order.size, pod.wanted, {}, &ContainerSize::name, &ContainerSize::name))
      Break(order, "other containers");
    const bool back = std::ranges::any_of(trial().resized, [&](const Trial::Resized& resized) {
      return resized.uid == pod.uid && resized.before == order.size;
    });
    for (std::size_t i = 0; i < order.size.size() && i < pod.wanted.size(); ++i) {
      const ContainerSize& to = order.size[i];
      const ContainerSize& from = pod.wanted[i];
      if (to.limit.cpu > 0 && to.request.cpu > to.limit.cpu)
        Break(order, "more CPU requested than the limit");
      if (to.limit.memory > 0 && to.request.memory > to.limit.memory)
        Break(order, "more memory requested than the limit");
      if ((to.limit.cpu > 0) != (from.limit.cpu > 0) || (to.limit.memory > 0) != (from.limit.memory > 0))
        Break(order, "a limit that comes or goes");
      if (subject_.advice[i].limits_stay && to.limit != from.limit && !back)
        Break(order, fmt::format("a limit that was to stay: {}, {} to {}, {}", from.limit.cpu,
                                 FormatBytes(from.limit.memory), to.limit.cpu, FormatBytes(to.limit.memory)));
      if (back) continue;
      const Amounts& most = subject_.bounds.most;
      if (most.memory > 0 && to.limit.memory > std::max(most.memory, from.limit.memory))
        Break(order, fmt::format("a memory limit of {} where it was {} and {} is allowed",
                                 FormatBytes(to.limit.memory), FormatBytes(from.limit.memory),
                                 FormatBytes(most.memory)));
      if (most.cpu > 0 && to.limit.cpu > std::max(most.cpu, from.limit.cpu))
        Break(order, "more CPU than allowed");
      if (of_step && to.limit.memory > 0 && to.limit.memory < from.limit.memory &&
          to.limit.memory < subject_.advice[i].memory_peak)
        Break(order, fmt::format("a memory limit of {} below the peak of {}", FormatBytes(to.limit.memory),
                                 FormatBytes(subject_.advice[i].memory_peak)));
      const auto killed = killed_at_.find(pod.uid);
      if (i == 0 && killed != killed_at_.end() && to.limit.memory > 0 && to.limit.memory < killed->second &&
          to.limit.memory < from.limit.memory)
        Break(order, "a memory limit below the one at which it was killed");
    }
  }

  void Break(const ResizeOrder& order, std::string_view what) {
    if (broken_.empty())
      broken_ = fmt::format("{} s: {} ({}): {}", (now_ - kBegin) / 1s, order.pod, Name(trial().phase), what);
  }

  static constexpr Wall kBegin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  std::mt19937_64 random_;
  const ApplyOptions options_{.soak = 1min, .settle = 30s, .pause = 5min, .retry_after = 1h};
  std::unique_ptr<Applier> applier_ = std::make_unique<Applier>(options_);
  Subject subject_;
  PodSize template_;
  std::vector<Node> nodes_;
  int made_ = 0;
  int orders_ = 0;
  bool worse_ = false;
  bool refuses_ = false;
  std::map<std::string, Bytes> killed_at_;
  std::string broken_;
  Wall now_ = kBegin;
};

TEST(RandomApplies, NothingIsBrokenAndInQuietAllPodsComeToWhatTheyShould) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RandomWorkload workload(seed);
    workload.Trouble(3h);
    ASSERT_EQ(workload.broken(), "") << "seed " << seed;
    // Some trials, each of which doubles or halves at most, one of which may have to wait first.
    workload.Calm(5h);
    ASSERT_EQ(workload.broken(), "") << "seed " << seed;
    ASSERT_EQ(workload.Left(), "") << "seed " << seed << ": " << Name(workload.trial().phase) << ", "
                                   << workload.trial().reason;
    const int orders = workload.orders();
    workload.Calm(3h);
    ASSERT_EQ(workload.orders(), orders) << "seed " << seed << ": it does not come to rest";
  }
}

}  // namespace
}  // namespace loadline::collector

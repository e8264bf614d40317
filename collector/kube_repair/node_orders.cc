#include "collector/kube_repair/node_orders.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBetweenLooks = 1s;
// So long an API server may be away, or the node change again and again, before a step has failed.
constexpr Duration kPatience = 2min;

}  // namespace

NodeOrders::NodeOrders(KubeAccess access, const Clock& clock, const Leadership& lead,
                       NodeStepsOptions options)
    : access_(std::move(access)),
      clock_(clock),
      lead_(lead),
      options_(std::move(options)),
      working_([this](const std::stop_token& stop) { Work(stop); }) {}

NodeOrders::~NodeOrders() {
  working_.request_stop();
}

void NodeOrders::Add(Job job) {
  const std::lock_guard lock(mutex_);
  news_[job.order.id] = {OrderState::kUnderWay, ""};
  job.begun = clock_.Now();
  coming_.push_back(std::move(job));
  more_.notify_one();
}

void NodeOrders::Begin(const RepairIntent& order) {
  Add({.order = order});
}

OrderNews NodeOrders::Look(const RepairCase& repair) {
  const std::string id = repair.OrderId();
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = news_.find(id); found != news_.end()) {
      OrderNews news = found->second;
      if (news.state != OrderState::kUnderWay) news_.erase(found);
      return news;
    }
  }
  Add({.order = {.id = id, .node = repair.node, .step = repair.step, .reason = repair.reason},
       .asked_after = true});
  return {OrderState::kUnderWay, ""};
}

void NodeOrders::Work(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  api.AskBeforeChanges([this]() -> Result<void> {
    const std::optional<StandBy> standing = lead_.StandingBy();
    return standing ? Failure(ErrorKind::kUnavailable, standing->words) : Result<void>();
  });
  NodeSteps steps(api, clock_, options_, stop);
  std::vector<Job> jobs;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto come = [this] { return !coming_.empty(); };
      if (jobs.empty()) {
        if (!more_.wait(lock, stop, come)) return;
      } else {
        more_.wait_for(lock, stop, kBetweenLooks, come);
      }
      std::ranges::move(coming_, std::back_inserter(jobs));
      coming_.clear();
    }
    std::erase_if(jobs, [&](Job& job) {
      if (stop.stop_requested()) return false;
      OrderNews news = Try(steps, job);
      if (news.state == OrderState::kUnderWay) return false;
      if (!job.asked_after) steps.Post(job.order, news);
      Record(job, std::move(news));
      return true;
    });
  }
}

OrderNews NodeOrders::Try(NodeSteps& steps, Job& job) {
  // How far it came is found out; the rest is decided anew, by whoever leads then.
  job.asked_after = job.asked_after || lead_.StandingBy().has_value();
  Result<OrderNews> news =
      job.asked_after ? steps.AskAfter(job.order, job.progress) : steps.Make(job.order, job.progress);
  if (news) return std::move(*news);
  const Error& error = news.error();
  // What an earlier process did is asked until there is an answer.
  if (error.kind == ErrorKind::kUnavailable && (job.asked_after || clock_.Now() - job.begun < kPatience))
    return {OrderState::kUnderWay, ""};
  return {OrderState::kFailed, error.message};
}

void NodeOrders::Record(const Job& job, OrderNews news) {
  const std::lock_guard lock(mutex_);
  news_[job.order.id] = std::move(news);
}

}  // namespace loadline::collector

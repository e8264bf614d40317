#include "collector/sink/lanes.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace loadline::collector {

Lanes::Lanes(const Clock& clock, std::function<void()> on_news)
    : clock_(clock), on_news_(std::move(on_news)) {}

void Lanes::Add(const std::string& name, std::unique_ptr<Sink> sink, LaneOptions options) {
  if (const SinkTraits traits = sink->traits(); !traits.place.empty()) {
    std::shared_ptr<Rate>& rate = rates_[traits.place];
    if (!rate) rate = std::make_shared<Rate>(traits.per_second, traits.burst);
    options.rate = rate;
  }
  lanes_[name] = std::make_unique<Lane>(
      name, std::move(sink), clock_,
      [this](std::vector<DeliveryReport> reports) { Take(std::move(reports)); }, std::move(options));
}

bool Lanes::Offer(const Notification& notification) {
  auto it = lanes_.find(notification.integration);
  if (it != lanes_.end()) return it->second->Offer(notification);
  // A stored intent for a way that the configuration no longer has: nobody will ever send it.
  Take({{.id = notification.id,
         .integration = notification.integration,
         .outcome = {.verdict = Verdict::kRefused, .detail = "no such receiver any more"},
         .at = clock_.WallNow()}});
  return true;
}

bool Lanes::Recall(const std::string& integration, const std::string& key, const std::string& value) {
  auto it = lanes_.find(integration);
  if (it == lanes_.end()) return false;
  it->second->Recall(key, value);
  return true;
}

std::vector<DeliveryReport> Lanes::Leftover() {
  const std::lock_guard lock(mutex_);
  if (!log_) return {};
  Result<std::vector<DeliveryReport>> reports = log_->Load();
  if (reports) return std::move(*reports);
  spdlog::error("{}; what was sent last before the stop is sent again", reports.error().message);
  return {};
}

std::vector<DeliveryReport> Lanes::TakeReports() {
  const std::lock_guard lock(mutex_);
  if (log_) log_->Turn();
  return std::exchange(reports_, {});
}

void Lanes::Settled() {
  const std::lock_guard lock(mutex_);
  if (log_) log_->Forget();
}

bool Lanes::Try(const Notification& notification, std::function<void(const DeliveryReport&)> then) {
  const auto it = lanes_.find(notification.integration);
  if (it == lanes_.end()) return false;
  {
    const std::lock_guard lock(mutex_);
    tried_[notification.id] = std::move(then);
  }
  if (it->second->Offer(notification)) return true;
  Forget(notification.id);
  return false;
}

void Lanes::Forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  tried_.erase(id);
}

std::vector<ShownMessage> Lanes::Show(const Notification& notification) const {
  const auto it = lanes_.find(notification.integration);
  return it == lanes_.end() ? std::vector<ShownMessage>{} : it->second->Show(notification);
}

std::map<std::string, LaneCounters> Lanes::counters() const {
  std::map<std::string, LaneCounters> counters;
  for (const auto& [name, lane] : lanes_) counters[name] = lane->counters();
  return counters;
}

void Lanes::Take(std::vector<DeliveryReport> reports) {
  std::vector<std::pair<std::function<void(const DeliveryReport&)>, DeliveryReport>> answers;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(reports, [&](DeliveryReport& report) {
      auto tried = tried_.extract(report.id);
      if (tried) answers.emplace_back(std::move(tried.mapped()), std::move(report));
      return !tried.empty();
    });
    if (log_) log_->Note(reports);
    std::ranges::move(reports, std::back_inserter(reports_));
  }
  for (const auto& [then, report] : answers) then(report);
  if (!reports.empty() && on_news_) on_news_();
}

}  // namespace loadline::collector

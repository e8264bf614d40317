#include "collector/sink/azure_metrics.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <nlohmann/json.hpp>

#include "collector/alert/retry_policy.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/webhook_body.h"
#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using What = ItemAnswer::What;

constexpr Duration kOldest = 18min;  // Azure's bound is 20
constexpr Duration kSayZeroFor = 1h;
constexpr std::size_t kMostRules = 90;   // more than 100 values of a dimension is bad design, says Azure
constexpr std::size_t kMostValue = 250;  // 256 characters

constexpr std::array kSeverities = {Severity::kSev0, Severity::kSev1, Severity::kSev2, Severity::kSev3,
                                    Severity::kSev4};
constexpr std::array kStates = {NodeState::kReporting, NodeState::kStale, NodeState::kSilent};

json Series(const std::vector<std::string>& values, double gauge) {
  json dimensions = json::array();
  for (const std::string& value : values) dimensions.push_back(value.empty() ? "-" : Cut(value, kMostValue));
  return {{"dimValues", std::move(dimensions)}, {"min", gauge}, {"max", gauge}, {"sum", gauge}, {"count", 1}};
}

json Document(const char* metric, const std::vector<std::string>& names, json series, Wall at) {
  return {{"time", AlertmanagerTime(at)},
          {"data",
           {{"baseData",
             {{"metric", metric},
              {"namespace", "Loadline"},
              {"dimNames", names},
              {"series", std::move(series)}}}}}};
}

}  // namespace

std::vector<json> AzureGauges::Documents(const Snapshot& snapshot, Wall at) {
  std::map<std::string, double> severities;
  std::map<std::pair<std::string, std::string>, double> rules;
  for (const Severity severity : kSeverities) severities[Name(severity)] = 0;
  std::erase_if(fired_, [&](const auto& entry) { return at - entry.second > kSayZeroFor; });
  for (const auto& [rule, when] : fired_) rules[rule] = 0;
  for (const auto& alert : snapshot.alerts) {
    if (alert->state != AlertState::kFiring) continue;
    ++severities[Name(alert->severity)];
    std::pair<std::string, std::string> key(alert->rule, Name(alert->severity));
    if (!rules.contains(key) && rules.size() >= kMostRules) key.first = "other";
    ++rules[key];
    fired_[key] = at;
  }
  std::map<std::string, double> states;
  for (const NodeState state : kStates) states[Name(state)] = 0;
  for (const NodeView& node : snapshot.nodes) ++states[Name(node.state)];

  json by_severity = json::array();
  for (const auto& [severity, count] : severities) by_severity.push_back(Series({severity}, count));
  json by_rule = json::array();
  for (const auto& [rule, count] : rules) by_rule.push_back(Series({rule.first, rule.second}, count));
  json by_state = json::array();
  for (const auto& [state, count] : states) by_state.push_back(Series({state}, count));
  std::vector<json> documents = {Document("alerts_firing", {"severity"}, std::move(by_severity), at),
                                 Document("nodes", {"state"}, std::move(by_state), at)};
  if (!by_rule.empty())
    documents.push_back(Document("rule_firing", {"rule", "severity"}, std::move(by_rule), at));
  return documents;
}

AzureMetrics::AzureMetrics(AzureMetricsOptions options, std::shared_ptr<AzureTokens> tokens,
                           std::function<std::shared_ptr<const Snapshot>()> source, const Clock& clock)
    : options_(std::move(options)),
      source_(std::move(source)),
      clock_(clock),
      client_(std::move(tokens), options_.scope, clock, options_.timeout) {}

LaneCounters AzureMetrics::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

void AzureMetrics::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    while (!stop.stop_requested()) {
      const Duration wait = Step(stop);
      std::unique_lock lock(mutex);
      never.wait_for(lock, stop, wait, [] { return false; });
    }
  });
}

void AzureMetrics::Gather(Wall now) {
  if (now < next_) return;
  const std::shared_ptr<const Snapshot> snapshot = source_();
  if (!snapshot) {
    next_ = now + 1s;  // the collector is starting
    return;
  }
  // On the whole minute, as Azure keeps them.
  next_ = std::chrono::floor<std::chrono::minutes>(now) + options_.interval;
  std::string lines;
  for (const json& document : gauges_.Documents(*snapshot, now)) lines += Written(document) + "\n";
  waiting_.push_back({now, std::move(lines)});
}

void AzureMetrics::Note(const ItemAnswer& answer) {
  std::lock_guard lock(mutex_);
  if (answer.what == What::kTaken) {
    ++counters_.messages;
    counters_.failures_in_a_row = 0;
    return;
  }
  ++counters_.failed_attempts;
  ++counters_.failures_in_a_row;
  counters_.refused += answer.what != What::kLater;
  counters_.last_failure = answer.detail;
}

Duration AzureMetrics::Step(const std::stop_token& stop) {
  const Wall now = clock_.WallNow();
  Gather(now);
  while (!waiting_.empty() && now - waiting_.front().at > kOldest) {
    waiting_.pop_front();
    std::lock_guard lock(mutex_);
    ++counters_.refused;
  }
  Duration wait = std::max<Duration>(next_ - now, 100ms);
  while (!waiting_.empty() && !stop.stop_requested()) {
    const ItemAnswer answer =
        client_.Post(options_.endpoint + options_.resource_id + "/metrics",
                     {.content_type = "application/x-ndjson", .text = waiting_.front().documents}, stop);
    Note(answer);
    if (answer.what == What::kLater) {
      const Outcome outcome{.detail = answer.detail, .retry_after = answer.retry_after};
      // Not longer than until the next minute, whose documents must be taken while they are true.
      wait = std::min(wait, RetryPolicy{}.Wait(outcome, counters().failures_in_a_row, 0));
      break;
    }
    waiting_.pop_front();
  }
  std::lock_guard lock(mutex_);
  counters_.waiting = waiting_.size();
  return wait;
}

}  // namespace loadline::collector

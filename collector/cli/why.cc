#include "collector/cli/why.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "collector/cli/words.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// As many as fit above the prompt.
constexpr std::size_t kHappenings = 5;
constexpr std::size_t kCandidates = 10;

class Text {
 public:
  template <typename... Parts>
  void Line(fmt::format_string<Parts...> format, Parts&&... parts) {
    text_ += Printable(fmt::format(format, std::forward<Parts>(parts)...)) + '\n';
  }
  void Gap() { text_ += '\n'; }
  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string S(const Json& text) {
  return text.get<std::string>();
}

void TellAlert(Text& text, const Json& alert, Wall now) {
  text.Line("  {} {} for {}: {}", S(alert.at("severity")), S(alert.at("state")),
            AgeText(alert.at("since"), now), S(alert.at("summary")));
  text.Line("    Why: {}", S(alert.at("reason")));
  if (const std::string runbook = alert.value("runbook_url", ""); !runbook.empty())
    text.Line("    Runbook: {}", runbook);
  text.Line("    Rule {}, fingerprint {}{}.", S(alert.at("rule")), S(alert.at("fingerprint")),
            alert.at("occurrences") > 1
                ? fmt::format(", {} times", alert.at("occurrences").get<std::uint64_t>())
                : "");
  for (const Json& delivery : alert.at("deliveries")) text.Line("    Notified {}", S(delivery));
}

void TellHappenings(Text& text, const Json& happenings, Wall now) {
  if (happenings.empty()) return;
  text.Gap();
  text.Line("Recent events");
  for (std::size_t i = 0; i < std::min(kHappenings, happenings.size()); ++i) {
    text.Line("  {} ago: {}", AgeText(happenings[i].at("at"), now), S(happenings[i].at("text")));
  }
  if (happenings.size() > kHappenings) text.Line("  and {} more", happenings.size() - kHappenings);
}

void TellAdvice(Text& text, const char* resource, const Json& advice, std::string (*format)(const Json&)) {
  const Json& now = advice.at("current_request");
  text.Line("  {} request: {} -> {} recommended.", resource, now.is_null() ? "none" : format(now),
            format(advice.at("target")));
  text.Line("    Why: {}", S(advice.at("reason")));
  // With little history the upper bound is as good as infinite.
  const bool open = advice.at("upper").get<std::int64_t>() > 100 * advice.at("target").get<std::int64_t>();
  text.Line("    Acceptable {} {}{}.{}", open ? "from" : "range", format(advice.at("lower")),
            open ? " upwards, until there is more history" : " to " + format(advice.at("upper")),
            advice.at("uncapped") != advice.at("target")
                ? fmt::format(" Without caps it would be {}.", format(advice.at("uncapped")))
                : "");
}

// Behind a CPU request that nobody states.
const char* Guessed(const Json& container) {
  const bool guessed =
      container.at("request_source") == "guess" && !container.at("cpu_request_millicores").is_null();
  return guessed ? ", guessed from its CPU weight" : "";
}

// One that holds for more than the container.
void TellLimitAbove(Text& text, const char* resource, const Json& limit, const char* unit,
                    std::string (*format)(const Json&)) {
  if (limit.is_null() || limit.at("level") == "container") return;
  text.Line("  Effective {} limit: {}, of its {}.", resource, format(limit.at(unit)), S(limit.at("level")));
}

std::string ByWhom(const Json& limit) {
  if (limit.is_null() || limit.at("level") == "container") return "";
  return fmt::format(" by the {}'s limit {}", S(limit.at("level")), MaybeCpu(limit.at("millicores")));
}

// A burst is use that the limit allows, and no throttling.
void TellBursts(Text& text, const Json& container) {
  const Json& allowed = container.at("cpu_burst_seconds");
  const auto bursts = container.at("events").at("cpu_bursts").get<std::uint64_t>();
  if (allowed.is_null() && bursts == 0) return;
  text.Line("  CPU bursts beyond the limit: {} periods ({} allowed in one); they are no throttling.", bursts,
            allowed.is_null() ? "none" : FormatSeconds(allowed));
}

void TellHugePages(Text& text, const Json& container) {
  const Json& held = container.at("memory_huge_pages_bytes");
  const Json& request = container.at("huge_pages_request_bytes");
  if (request.is_null() && (held.is_null() || held == 0)) return;
  text.Line("  Huge pages: {} beside the memory above (request {}, limit {}).", MaybeBytes(held),
            MaybeBytes(request), MaybeBytes(container.at("huge_pages_limit_bytes")));
}

void TellUse(Text& text, const Json& container) {
  const double replicas = std::max(1.0, container.at("replicas").get<double>());
  text.Line(
      "  Usage per pod: CPU {} on average (request {}{}, limit {}), memory {} at most (request {}, limit {}, "
      "peak "
      "{}).",
      CoresText(container.at("cpu_cores").get<double>() / replicas),
      MaybeCpu(container.at("cpu_request_millicores")), Guessed(container),
      MaybeCpu(container.at("cpu_limit_millicores")), MaybeBytes(container.at("memory_working_set_bytes")),
      MaybeBytes(container.at("memory_request_bytes")), MaybeBytes(container.at("memory_limit_bytes")),
      MaybeBytes(container.at("memory_peak_bytes")));
  TellLimitAbove(text, "CPU", container.at("effective_cpu_limit"), "millicores", MaybeCpu);
  TellLimitAbove(text, "memory", container.at("effective_memory_limit"), "bytes", MaybeBytes);
  if (container.at("throttled_share").get<double>() > 0) {
    const Json& longest = container.at("longest_throttle_seconds");
    text.Line("  CPU throttling: {} of the last window's periods{}, {} in all{}.",
              ShareText(container.at("throttled_share")), ByWhom(container.at("throttled_by")),
              FormatSeconds(container.at("throttled_seconds")),
              longest.is_null() ? "" : "; the longest throttle took " + FormatSeconds(longest));
  }
  TellBursts(text, container);
  TellHugePages(text, container);
  if (container.at("cpu_held_back_by") == "neighbours")
    text.Line(
        "  It waits for CPU beside others on its node, and not at its limit: its request is its share.");
  if (const Json& kills = container.at("oom_kills"); kills.is_null()) {
    text.Line("  OOM kills: not seen there (loadlinectl nodes NAME says why).");
  } else if (kills > 0) {
    const auto victims = container.at("oom_victims").get<std::uint64_t>();
    text.Line("  OOM kills: {}{}.", kills.get<std::uint64_t>(),
              victims > kills ? fmt::format(" of {} processes", victims) : "");
  }
}

std::string WhatIsOdd(const Json& replica) {
  const std::string what = S(replica.at("resource")) == "cpu" ? "CPU" : "memory";
  if (const double times = replica.at("times_the_others").get<double>(); times > 0)
    return fmt::format("whose node alone calls for {:.{}f} times the {} that all others do", times,
                       times < 1 ? 3 : 1, what);
  if (replica.at("killed").get<bool>()) return "the only one that was killed";
  return fmt::format("{:.1f} times the median {}", replica.at("times_the_median").get<double>(), what);
}

// Of starts, classes of nodes and odd replicas: what one number for all does not say.
void TellApart(Text& text, const Json& recommendation) {
  if (const Json& boost = recommendation.at("startup_boost"); !boost.is_null()) {
    text.Line("  Start-up boost: {} of CPU, {:.1f} times its request, for the first {}.",
              MaybeCpu(boost.at("cpu_millicores")), boost.at("factor").get<double>(),
              FormatSeconds(boost.at("duration_seconds")));
  }
  for (const Json& one : recommendation.at("node_classes")) {
    text.Line("  On nodes of {} ({} {}): CPU {}, memory {}.", S(one.at("node_class")),
              one.at("replicas").get<std::uint64_t>(), one.at("replicas") == 1 ? "replica" : "replicas",
              MaybeCpu(one.at("cpu_millicores").at("target")),
              MaybeBytes(one.at("memory_bytes").at("target")));
  }
  for (const Json& one : recommendation.at("outliers")) {
    text.Line("  Outlier pod: {} on {}, {}.", S(one.at(S(one.at("pod")).empty() ? "cgroup" : "pod")),
              S(one.at("node")), WhatIsOdd(one));
  }
}

void TellContainer(Text& text, const Json& container) {
  text.Gap();
  text.Line("{}, {} {}", S(container.at("name")).empty() ? "Usage" : "Container " + S(container.at("name")),
            container.at("replicas").get<std::uint64_t>(),
            container.at("replicas") == 1 ? "replica" : "replicas");
  TellUse(text, container);
  const Json& recommendation = container.at("recommendation");
  if (recommendation.is_null()) {
    text.Line("  No recommendation yet: not enough history.");
    return;
  }
  TellAdvice(text, "CPU", recommendation.at("cpu_millicores"), MaybeCpu);
  TellAdvice(text, "Memory", recommendation.at("memory_bytes"), MaybeBytes);
  TellApart(text, recommendation);
  for (const Json& note : recommendation.at("notes")) text.Line("  Note: {}", S(note));
  text.Line("  Algorithm {}, {} samples of {}.", S(recommendation.at("algorithm")),
            recommendation.at("samples").get<std::uint64_t>(),
            FormatSeconds(recommendation.at("history_seconds")));
}

std::string TellWorkload(const Json& detail, Wall now) {
  Text text;
  const Json& workload = detail.at("workload");
  std::string nodes;
  for (const Json& node : workload.at("nodes")) nodes += (nodes.empty() ? " on " : ", ") + S(node);
  text.Line("{} ({}){}", S(workload.at("id")), S(workload.at("kind")), nodes);
  for (const Json& container : workload.at("containers")) TellContainer(text, container);
  if (!detail.at("alerts").empty()) {
    text.Gap();
    text.Line("Alerts");
    for (const Json& alert : detail.at("alerts")) TellAlert(text, alert, now);
  }
  TellHappenings(text, detail.at("happenings"), now);
  return text.Take();
}

void TellSignals(Text& text, const Json& signals) {
  bool all_best = true;
  for (const Json& signal : signals) {
    if (S(signal.at("why")).empty()) continue;
    if (std::exchange(all_best, false)) text.Line("Data sources with a limitation");
    text.Line("  {} by {}: {}", S(signal.at("signal")), S(signal.at("rung")), S(signal.at("why")));
  }
  if (all_best) text.Line("Every signal is read by its best method.");
}

void TellRepairs(Text& text, const Json& repairs, Wall now) {
  for (const Json& repair : repairs) {
    if (!repair.at("closed").is_null()) continue;
    text.Gap();
    text.Line("Repair ({}): {}", S(repair.at("mode")), S(repair.at("trouble")));
    if (!S(repair.at("id")).empty()) {
      text.Line("  {} {} for {}: {}", S(repair.at("step")), S(repair.at("state")),
                AgeText(repair.at("since"), now), S(repair.at("reason")));
      if (!S(repair.at("detail")).empty()) text.Line("  {}", S(repair.at("detail")));
    }
    if (!S(repair.at("held")).empty())
      text.Line("  Held back ({}): {}", S(repair.at("held_by")), S(repair.at("held")));
    if (repair.at("needs_person").get<bool>()) text.Line("  Nothing more is done: a person is needed.");
  }
}

std::string TellNode(const Json& detail, const Json& repairs, Wall now) {
  const Json& node = detail.at("node");
  const Json& alerts = detail.at("alerts");
  Text text;
  text.Line("{} is {}: {}.", S(node.at("name")), S(node.at("state")), S(node.at("state_reason")));
  text.Line("Last heartbeat {} ago; kernel {}, agent {}.", AgeText(node.at("last_seen"), now),
            S(node.at("kernel_version")), S(node.at("agent_version")));
  if (!S(node.at("pool")).empty())
    text.Line("It is a {} of pool {}{}.",
              S(node.at("instance_type")).empty() ? "machine" : S(node.at("instance_type")),
              S(node.at("pool")), S(node.at("zone")).empty() ? "" : " in zone " + S(node.at("zone")));
  const Json& pressure = node.at("pressure");
  if (!pressure.at("cpu").is_null()) {
    text.Line(
        "In the last window tasks waited for CPU during {}, for memory during {}, for I/O during {} of the "
        "time.",
        ShareText(pressure.at("cpu")), ShareText(pressure.at("memory")), ShareText(pressure.at("io")));
  }
  text.Gap();
  TellSignals(text, node.at("signals"));
  for (const auto& [reason, count] : node.at("losses").items()) {
    if (count > 0) text.Line("Data loss: {} ({})", count.get<std::uint64_t>(), reason);
  }
  if (node.at("missing_records") > 0) {
    text.Line("Missing records: {}", node.at("missing_records").get<std::uint64_t>());
  }
  for (const auto& [what, count] : node.at("refused").items()) {
    if (count > 0)
      text.Line("Rejected, over the limits of one node: {} {}", count.get<std::uint64_t>(), what);
  }
  if (!alerts.empty()) {
    text.Gap();
    text.Line("Alerts");
    for (const Json& alert : alerts) TellAlert(text, alert, now);
  }
  TellRepairs(text, repairs, now);
  TellHappenings(text, detail.at("happenings"), now);
  return text.Take();
}

Json Matching(const Json& items, const std::function<bool(const Json&)>& of) {
  Json found = Json::array();
  for (const Json& item : items) {
    if (of(item)) found.push_back(item);
  }
  return found;
}

Result<std::string> WhyWords(ApiClient& api, const std::string& subject, Wall now) {
  const Result<Json> found =
      api.Get(fmt::format("workloads?sort=name&limit={}&search={}", kCandidates, UrlEncode(subject)));
  if (!found) return Failure(found.error());
  const Json& items = found->at("items");
  if (items.empty()) {
    return Failure(ErrorKind::kNotFound, fmt::format("no workload, node or alert is called '{}'", subject));
  }
  if (items.size() == 1) {
    const Result<Json> detail = api.Get("workloads/" + EncodePath(S(items[0].at("id"))));
    return detail ? Result<std::string>(TellWorkload(*detail, now)) : Failure(detail.error());
  }
  std::string names;
  for (const Json& item : items) names += "\n  " + Printable(S(item.at("id")));
  return Failure(ErrorKind::kInvalid, fmt::format("'{}' is part of {} workloads; which one?{}{}", subject,
                                                  found->at("total").get<std::uint64_t>(), names,
                                                  found->at("total") > items.size() ? "\n  ..." : ""));
}

}  // namespace

Result<std::string> Why(ApiClient& api, const std::string& subject, Wall now) {
  const Result<Json> workload = api.Get("workloads/" + EncodePath(subject));
  if (workload) return TellWorkload(*workload, now);
  if (workload.error().kind != ErrorKind::kNotFound) return Failure(workload.error());
  const Result<Json> node = api.Get("nodes/" + EncodePath(subject));
  if (node) {
    const Result<Json> repairs = api.Get("repairs?node=" + UrlEncode(subject));
    return repairs ? Result<std::string>(TellNode(*node, repairs->at("items"), now))
                   : Failure(repairs.error());
  }
  if (node.error().kind != ErrorKind::kNotFound) return Failure(node.error());

  const Result<Json> alerts = api.GetAll("alerts");
  if (!alerts) return Failure(alerts.error());
  const Json named = Matching(alerts->at("items"), [&](const Json& alert) {
    return alert.at("fingerprint") == subject || alert.at("rule") == subject;
  });
  if (named.empty()) return WhyWords(api, subject, now);
  Text text;
  for (const Json& alert : named) TellAlert(text, alert, now);
  return text.Take();
}

}  // namespace loadline::collector

#include "collector/cli/why.h"

#include <fmt/format.h>

#include <iterator>
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
    text.Line("    What to do: {}", runbook);
  text.Line("    Rule {}, fingerprint {}{}.", S(alert.at("rule")), S(alert.at("fingerprint")),
            alert.at("occurrences") > 1
                ? fmt::format(", {} times", alert.at("occurrences").get<std::uint64_t>())
                : "");
  for (const Json& delivery : alert.at("deliveries")) text.Line("    Told {}", S(delivery));
}

void TellHappenings(Text& text, const Json& happenings, Wall now) {
  if (happenings.empty()) return;
  text.Gap();
  text.Line("What happened lately");
  for (std::size_t i = 0; i < std::min(kHappenings, happenings.size()); ++i) {
    text.Line("  {} ago: {}", AgeText(happenings[i].at("at"), now), S(happenings[i].at("text")));
  }
  if (happenings.size() > kHappenings) text.Line("  and {} more", happenings.size() - kHappenings);
}

void TellAdvice(Text& text, const char* resource, const Json& advice, std::string (*format)(const Json&)) {
  const Json& now = advice.at("current_request");
  text.Line("  {}: it should ask for {}; {}.", resource, format(advice.at("target")),
            now.is_null() ? "it asks for nothing now" : "it asks for " + format(now) + " now");
  text.Line("    Why: {}", S(advice.at("reason")));
  // With little history the upper bound is as good as infinite.
  const bool open = advice.at("upper").get<std::int64_t>() > 100 * advice.at("target").get<std::int64_t>();
  text.Line("    It may stay as it is {} {}{}.{}", open ? "from" : "between", format(advice.at("lower")),
            open ? " upwards, until there is more history" : " and " + format(advice.at("upper")),
            advice.at("uncapped") != advice.at("target")
                ? fmt::format(" Without caps it would be {}.", format(advice.at("uncapped")))
                : "");
}

void TellUse(Text& text, const Json& container) {
  const double replicas = std::max(1.0, container.at("replicas").get<double>());
  text.Line(
      "  It uses {} of CPU a replica (request {}, limit {}) and {} of memory (request {}, limit {}, peak "
      "{}).",
      CoresText(container.at("cpu_cores").get<double>() / replicas),
      MaybeCpu(container.at("cpu_request_millicores")), MaybeCpu(container.at("cpu_limit_millicores")),
      MaybeBytes(container.at("memory_working_set_bytes")), MaybeBytes(container.at("memory_request_bytes")),
      MaybeBytes(container.at("memory_limit_bytes")), MaybeBytes(container.at("memory_peak_bytes")));
  if (container.at("throttled_share").get<double>() > 0) {
    text.Line(
        "  Its CPU limit held it back in {} of the last window's periods, {} in all; the longest stop took "
        "{}.",
        ShareText(container.at("throttled_share")), FormatSeconds(container.at("throttled_seconds")),
        FormatSeconds(container.at("longest_throttle_seconds")));
  }
  if (const auto kills = container.at("oom_kills").get<std::uint64_t>(); kills > 0) {
    text.Line("  The OOM killer has struck it {} {}.", kills, kills == 1 ? "time" : "times");
  }
}

std::string WhatIsOdd(const Json& replica) {
  const std::string what = S(replica.at("resource")) == "cpu" ? "CPU" : "memory";
  if (const double times = replica.at("times_the_others").get<double>(); times > 0)
    return fmt::format("whose node alone asks for {:.{}f} times the {} that all others do", times,
                       times < 1 ? 3 : 1, what);
  if (replica.at("killed").get<bool>()) return "the only one that was killed";
  return fmt::format("{:.1f} times the {} of the middle one", replica.at("times_the_median").get<double>(),
                     what);
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
    text.Line("  Odd replica: {} on {}, {}.", S(one.at(S(one.at("pod")).empty() ? "cgroup" : "pod")),
              S(one.at("node")), WhatIsOdd(one));
  }
}

void TellContainer(Text& text, const Json& container) {
  text.Gap();
  text.Line("{}, {} {}", S(container.at("name")).empty() ? "Use" : "Container " + S(container.at("name")),
            container.at("replicas").get<std::uint64_t>(),
            container.at("replicas") == 1 ? "replica" : "replicas");
  TellUse(text, container);
  const Json& recommendation = container.at("recommendation");
  if (recommendation.is_null()) {
    text.Line("  There is no recommendation yet: too little history.");
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
    if (std::exchange(all_best, false)) text.Line("Signals that are not read in the best way");
    text.Line("  {} through {}: {}", S(signal.at("signal")), S(signal.at("rung")), S(signal.at("why")));
  }
  if (all_best) text.Line("Every signal is read in the best way there is.");
}

std::string TellNode(const Json& node, const Json& alerts, Wall now) {
  Text text;
  text.Line("{} is {}: {}.", S(node.at("name")), S(node.at("state")), S(node.at("state_reason")));
  text.Line("It was heard {} ago; kernel {}, agent {}.", AgeText(node.at("last_seen"), now),
            S(node.at("kernel_version")), S(node.at("agent_version")));
  if (!S(node.at("pool")).empty())
    text.Line("It is a {} of pool {}{}.",
              S(node.at("instance_type")).empty() ? "machine" : S(node.at("instance_type")),
              S(node.at("pool")), S(node.at("zone")).empty() ? "" : " in zone " + S(node.at("zone")));
  const Json& pressure = node.at("pressure");
  text.Line(
      "In the last window tasks waited for CPU during {}, for memory during {}, for I/O during {} of the "
      "time.",
      ShareText(pressure.at("cpu")), ShareText(pressure.at("memory")), ShareText(pressure.at("io")));
  text.Gap();
  TellSignals(text, node.at("signals"));
  for (const auto& [reason, count] : node.at("losses").items()) {
    if (count > 0) text.Line("Lost: {} ({})", count.get<std::uint64_t>(), reason);
  }
  if (node.at("missing_records") > 0) {
    text.Line("Records that never arrived: {}", node.at("missing_records").get<std::uint64_t>());
  }
  for (const auto& [what, count] : node.at("refused").items()) {
    if (count > 0)
      text.Line("Not taken, more than one node may have: {} {}", count.get<std::uint64_t>(), what);
  }
  if (alerts.empty()) return text.Take();
  text.Gap();
  text.Line("Alerts");
  for (const Json& alert : alerts) TellAlert(text, alert, now);
  return text.Take();
}

bool IsAbout(const Json& alert, const std::string& label, const std::string& value) {
  return alert.at("labels").contains(label) && alert.at("labels").at(label) == value;
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
  const Result<Json> detail = api.Get("workloads/" + EncodePath(subject));
  if (detail) return TellWorkload(*detail, now);
  if (detail.error().kind != ErrorKind::kNotFound) return Failure(detail.error());

  const Result<Json> alerts = api.GetAll("alerts");
  if (!alerts) return Failure(alerts.error());
  const Result<Json> nodes = api.GetAll("nodes");
  if (!nodes) return Failure(nodes.error());
  for (const Json& node : nodes->at("items")) {
    if (node.at("name") != subject) continue;
    return TellNode(
        node, Matching(alerts->at("items"), [&](const Json& a) { return IsAbout(a, "node", subject); }), now);
  }
  const Json named = Matching(alerts->at("items"), [&](const Json& alert) {
    return alert.at("fingerprint") == subject || alert.at("rule") == subject;
  });
  if (named.empty()) return WhyWords(api, subject, now);
  Text text;
  for (const Json& alert : named) TellAlert(text, alert, now);
  return text.Take();
}

}  // namespace loadline::collector

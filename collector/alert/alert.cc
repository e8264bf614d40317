#include "collector/alert/alert.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert/wall_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

class Fnv1a {
 public:
  void Add(std::string_view text) {
    for (unsigned char byte : text) Add(byte);
    Add(0xff);
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  void Add(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ULL; }
  std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace

std::string Fingerprint(const std::string& rule, const Labels& labels) {
  Labels all = labels;
  if (!rule.empty()) all["alertname"] = rule;
  Fnv1a hash;
  for (const auto& [name, value] : all) {
    hash.Add(name);
    hash.Add(value);
  }
  return fmt::format("{:016x}", hash.value());
}

Labels RoutedLabels(const Alert& alert) {
  Labels labels = alert.labels;
  if (!alert.rule.empty()) labels["alertname"] = alert.rule;
  if (!alert.posted) labels.try_emplace("severity", Name(alert.severity));
  return labels;
}

Labels Annotations(const Alert& alert) {
  if (alert.posted) return alert.posted->annotations;
  Labels annotations = {{"summary", alert.summary}, {"description", alert.reason}};
  if (!alert.runbook.empty()) annotations["runbook_url"] = alert.runbook;
  return annotations;
}

std::string EncodeAlert(const Alert& alert) {
  json told = json::object();
  for (const auto& [whom, what] : alert.told) {
    told[whom] = {{"state", static_cast<int>(what.state)}, {"at", ToJson(what.at)}};
    if (what.passed_over) told[whom]["passed_over"] = true;
  }
  json began = json::array();
  for (const Wall at : alert.began) began.push_back(ToJson(at));
  json out = {{"rule", alert.rule},
              {"labels", alert.labels},
              {"severity", static_cast<int>(alert.severity)},
              {"summary", alert.summary},
              {"reason", alert.reason},
              {"graph", alert.graph},
              {"runbook", alert.runbook},
              {"node", alert.node},
              {"told_by", alert.told_by},
              {"state", static_cast<int>(alert.state)},
              {"urgent", alert.urgent},
              {"hold", alert.hold.count()},
              {"keep", alert.keep.count()},
              {"since", ToJson(alert.since)},
              {"gone_since", ToJson(alert.gone_since)},
              {"fired", ToJson(alert.fired)},
              {"resolved", ToJson(alert.resolved)},
              {"occurrences", alert.occurrences},
              {"began", std::move(began)},
              {"calm", alert.calm},
              {"told", std::move(told)}};
  if (alert.posted) {
    out["posted"] = {{"annotations", alert.posted->annotations},
                     {"generator_url", alert.posted->generator_url},
                     {"ends_at", ToJson(alert.posted->ends_at)}};
  }
  // Summaries may carry bytes of a process's name that are no UTF-8: they are replaced, never refused.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Alert> DecodeAlert(std::string_view text) try {
  const json in = json::parse(text);
  Alert alert;
  in.at("rule").get_to(alert.rule);
  in.at("labels").get_to(alert.labels);
  alert.severity = EnumFrom(in.at("severity"), Severity::kSev4);
  in.at("summary").get_to(alert.summary);
  in.at("reason").get_to(alert.reason);
  alert.graph = in.value("graph", "");
  alert.runbook = in.value("runbook", "");
  alert.node = in.value("node", "");
  alert.told_by = in.value("told_by", "");
  alert.state = EnumFrom(in.at("state"), AlertState::kResolved);
  in.at("urgent").get_to(alert.urgent);
  alert.hold = DurationFrom(in.at("hold"));
  alert.keep = DurationFrom(in.at("keep"));
  alert.since = WallFrom(in.at("since"));
  alert.gone_since = OptionalWallFrom(in.at("gone_since"));
  alert.fired = OptionalWallFrom(in.at("fired"));
  alert.resolved = OptionalWallFrom(in.at("resolved"));
  alert.occurrences = static_cast<std::uint64_t>(WholeFrom(in.at("occurrences")));
  for (const json& at : in.value("began", json::array())) {
    if (alert.began.size() < Alert::kMostBegan) alert.began.push_back(WallFrom(at));
  }
  alert.calm = in.value("calm", false);
  for (const auto& [whom, what] : in.at("told").items()) {
    alert.told[whom] = {.state = EnumFrom(what.at("state"), AlertState::kResolved),
                        .at = WallFrom(what.at("at")),
                        .passed_over = what.value("passed_over", false)};
  }
  if (const auto posted = in.find("posted"); posted != in.end()) {
    alert.posted = {.annotations = posted->at("annotations").get<Labels>(),
                    .generator_url = posted->at("generator_url").get<std::string>(),
                    .ends_at = WallFrom(posted->at("ends_at"))};
  }
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
} catch (const json::exception& error) {
  return Failure(ErrorKind::kInvalid, fmt::format("stored alert: {}", error.what()));
}

}  // namespace loadline::collector

#include "collector/alert_text/alert_words.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "collector/alert/own_labels.h"
#include "collector/alert/posting.h"
#include "collector/match/matcher.h"

namespace loadline::collector {
namespace {

// The labels that name a place, widest first; the node is said apart.
constexpr const char* kPlace[] = {"namespace", "workload", "pod", "container", "cgroup", "unit"};

constexpr const char* kInstance = "instance";

std::string Place(const Alert& alert) {
  std::vector<std::string> parts;
  for (const char* name : kPlace) {
    const auto it = alert.labels.find(name);
    if (it == alert.labels.end() || it->second.empty()) continue;
    // A workload's id begins with its namespace.
    if (parts.size() == 1 && it->second.starts_with(parts[0] + "/")) parts.clear();
    parts.push_back(it->second);
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

// Title, state and place say these.
bool IsSaid(const Alert& alert, const std::string& name) {
  if (name == kInstance) return Place(alert).empty() && LabelValue(alert.labels, "node").empty();
  return name == "node" || name == "severity" || name == kClusterLabel ||
         std::ranges::find(kPlace, name) != std::end(kPlace);
}

}  // namespace

std::string Title(const Alert& alert) {
  const std::string where = Where(alert);
  return OneLine(where.empty() ? alert.rule : alert.rule + " " + where);
}

std::string StateWord(const Alert& alert) {
  return alert.state == AlertState::kFiring ? Name(alert.severity) : "Resolved";
}

std::string Where(const Alert& alert) {
  std::string place = Place(alert);
  const auto add = [&](const char* preposition, const std::string& name) {
    place += (place.empty() ? "" : preposition) + name;
  };
  const std::string& node = LabelValue(alert.labels, "node");
  if (place.empty() && node.empty()) place = LabelValue(alert.labels, kInstance);
  if (!node.empty()) add(" on ", node);
  // A machine that is a cluster of its own is named once.
  const std::string& cluster = LabelValue(alert.labels, kClusterLabel);
  if (!cluster.empty() && cluster != node) add(" in ", cluster);
  return OneLine(place);
}

std::string Worded(const Alert& alert, std::string_view text) {
  return alert.posted ? SpacedLines(text) : OneLine(text);
}

std::string FurtherLabels(const Alert& alert, std::span<const Alert* const> others) {
  std::vector<std::string> differing;
  std::vector<std::string> rest;
  for (const auto& [name, value] : alert.labels) {
    if (value.empty() || IsSaid(alert, name)) continue;
    const bool same = std::ranges::all_of(
        others, [&](const Alert* other) { return LabelValue(other->labels, name) == value; });
    (same ? rest : differing).push_back(OneLine(name + "=" + value));
  }
  differing.insert(differing.end(), rest.begin(), rest.end());
  return fmt::format("{}", fmt::join(differing, ", "));
}

std::vector<AlertLink> Links(const Alert& alert) {
  std::vector<AlertLink> links;
  const auto add = [&](const char* words, std::string url) {
    if (!url.empty()) links.push_back({words, std::move(url)});
  };
  if (alert.posted) {
    add("Source", WebLink(alert.posted->generator_url));
    for (const char* name : {"dashboard_url", "dashboard"})
      add("Dashboard", WebLink(LabelValue(alert.posted->annotations, name)));
  }
  add("Runbook", alert.runbook);
  return links;
}

std::string OneLine(std::string_view text) {
  return Spaced(text);
}

std::string Utc(Wall at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", std::chrono::floor<std::chrono::seconds>(at));
}

Tally Count(std::span<const Notification> batch) {
  Tally tally;
  for (const Alert* alert : MostSevereFirst(batch)) {
    (alert->state == AlertState::kFiring ? tally.firing : tally.resolved) += 1;
    ++tally.by_rule[{alert->severity, alert->rule}];
  }
  for (const Notification& notification : batch) tally.more += notification.more;
  return tally;
}

std::string Headline(const Tally& tally) {
  std::string text = fmt::format("{} firing", tally.firing + tally.more);
  if (tally.resolved > 0) text += fmt::format(", {} resolved", tally.resolved);
  return text;
}

std::vector<const Alert*> MostSevereFirst(std::span<const Notification> batch) {
  std::map<std::string, std::pair<Wall, const Alert*>> newest;
  for (const Notification& notification : batch) {
    for (const Alert& alert : notification.alerts) {
      auto [it, first] = newest.try_emplace(alert.fingerprint, notification.at, &alert);
      if (!first && it->second.first < notification.at) it->second = {notification.at, &alert};
    }
  }
  std::vector<const Alert*> alerts;
  for (const auto& [fingerprint, entry] : newest) alerts.push_back(entry.second);
  std::ranges::stable_sort(alerts, {}, [](const Alert* alert) {
    return std::tuple(alert->state != AlertState::kFiring, alert->severity, alert->since);
  });
  return alerts;
}

}  // namespace loadline::collector

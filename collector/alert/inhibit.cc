#include "collector/alert/inhibit.h"

#include <algorithm>

#include "collector/alert/own_labels.h"

namespace loadline::collector {
namespace {

std::string SideKey(std::size_t rule, const std::string& fingerprint) {
  return std::to_string(rule) + "/" + fingerprint;
}

}  // namespace

Inhibitor::Inhibitor(std::vector<InhibitRule> rules, std::string cluster) : cluster_(std::move(cluster)) {
  for (InhibitRule& rule : rules) rules_.push_back({.rule = std::move(rule), .sources = {}});
}

std::string Inhibitor::EqualKey(const InhibitRule& rule, const Labels& labels) const {
  std::string key;
  for (const std::string& name : rule.equal) {
    const std::string value = LabelValue(labels, name);
    const bool ours = rule.ours_unless_named && value.empty() && name == kClusterLabel;
    key += (ours ? cluster_ : value) + '\xff';
  }
  return key;
}

void Inhibitor::Note(const std::string& fingerprint, const Alert* alert) {
  if (auto it = places_.find(fingerprint); it != places_.end()) {
    for (const auto& [index, key] : it->second) {
      rules_[index].sources[key].erase(fingerprint);
      if (rules_[index].sources[key].empty()) rules_[index].sources.erase(key);
      both_sides_.erase(SideKey(index, fingerprint));
    }
    places_.erase(it);
  }
  if (!alert || alert->state == AlertState::kResolved) return;
  const Labels labels = RoutedLabels(*alert);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const InhibitRule& rule = rules_[i].rule;
    if (alert->state == AlertState::kPending && !rule.pending_too) continue;
    if (!MatchAll(rule.source, labels)) continue;
    std::string key = EqualKey(rule, labels);
    rules_[i].sources[key].insert(fingerprint);
    if (MatchAll(rule.target, labels)) both_sides_.insert(SideKey(i, fingerprint));
    places_[fingerprint].emplace_back(i, std::move(key));
  }
}

std::optional<std::string> Inhibitor::Source(const Alert& target) const {
  if (std::ranges::all_of(rules_, [](const Rule& rule) { return rule.sources.empty(); })) return std::nullopt;
  Labels labels = RoutedLabels(target);
  if (!target.node.empty()) labels.try_emplace("node", target.node);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& [rule, sources] = rules_[i];
    if (sources.empty() || !MatchAll(rule.target, labels)) continue;
    auto it = sources.find(EqualKey(rule, labels));
    if (it == sources.end()) continue;
    const bool both = MatchAll(rule.source, labels);
    for (const std::string& source : it->second) {
      if (source == target.fingerprint || (both && both_sides_.contains(SideKey(i, source)))) continue;
      return source;
    }
  }
  return std::nullopt;
}

}  // namespace loadline::collector

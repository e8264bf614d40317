#include "collector/alert/inhibit.h"

#include <algorithm>

#include "collector/alert/own_labels.h"

namespace loadline::collector {
namespace {

bool IsTarget(const InhibitRule& rule, const Alert& alert, bool witnessed) {
  if (!alert.posted || rule.posted == InhibitRule::Posted::kAsAny) return true;
  return rule.posted == InhibitRule::Posted::kWithWitness && witnessed;
}

std::string SideKey(std::size_t rule, const std::string& fingerprint) {
  return std::to_string(rule) + "/" + fingerprint;
}

}  // namespace

Inhibitor::Inhibitor(std::vector<InhibitRule> rules, std::string cluster) : cluster_(std::move(cluster)) {
  for (InhibitRule& rule : rules) rules_.push_back({.rule = std::move(rule), .sources = {}, .witnesses = {}});
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
    for (const Place& place : it->second) {
      ByKey& side = rules_[place.rule].*place.side;
      side[place.key].erase(fingerprint);
      if (side[place.key].empty()) side.erase(place.key);
      both_sides_.erase(SideKey(place.rule, fingerprint));
    }
    places_.erase(it);
  }
  if (!alert || alert->calm || alert->state == AlertState::kResolved) return;
  const Labels labels = RoutedLabels(*alert);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const InhibitRule& rule = rules_[i].rule;
    if (alert->state == AlertState::kPending && !rule.pending_too) continue;
    if (!rule.witness.empty() && MatchAll(rule.witness, labels))
      Stand(fingerprint, i, &Rule::witnesses, labels);
    if (!MatchAll(rule.source, labels)) continue;
    Stand(fingerprint, i, &Rule::sources, labels);
    if (MatchAll(rule.target, labels)) both_sides_.insert(SideKey(i, fingerprint));
  }
}

void Inhibitor::Stand(const std::string& fingerprint, std::size_t rule, ByKey Rule::* side,
                      const Labels& labels) {
  std::string key = EqualKey(rules_[rule].rule, labels);
  (rules_[rule].*side)[key].insert(fingerprint);
  places_[fingerprint].push_back({rule, side, std::move(key)});
}

std::optional<std::string> Inhibitor::Source(const Alert& target) const {
  if (std::ranges::all_of(rules_, [](const Rule& rule) { return rule.sources.empty(); })) return std::nullopt;
  Labels labels = RoutedLabels(target);
  if (!target.node.empty()) labels.try_emplace("node", target.node);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& [rule, sources, witnesses] = rules_[i];
    if (sources.empty() || !MatchAll(rule.target, labels)) continue;
    const std::string key = EqualKey(rule, labels);
    auto it = sources.find(key);
    if (it == sources.end() || !IsTarget(rule, target, witnesses.contains(key))) continue;
    const bool both = MatchAll(rule.source, labels);
    for (const std::string& source : it->second) {
      if (source == target.fingerprint || (both && both_sides_.contains(SideKey(i, source)))) continue;
      return source;
    }
  }
  return std::nullopt;
}

}  // namespace loadline::collector

#include "collector/alert/carry_over.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "collector/alert/notification.h"
#include "collector/alert/own_labels.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr const char* kOwnKey = "own/labels";

Labels Before(const JournalEntries& stored) {
  for (const auto& [key, value] : stored) {
    if (key != kOwnKey) continue;
    const json labels = json::parse(value, nullptr, false);
    // Those before cannot be known: alerts keep what they have of them.
    if (!labels.is_object()) return {};
    Labels before;
    for (const auto& [name, text] : labels.items()) {
      if (text.is_string()) before[name] = text.get<std::string>();
    }
    return before;
  }
  return {};
}

class Move {
 public:
  Move(Labels before, const Labels& now, const Route& root)
      : before_(std::move(before)), now_(now), root_(root) {}

  void Relabel(Alert& alert) {
    if (alert.posted) return;
    const Labels old_labels = RoutedLabels(alert);
    for (const auto& [name, value] : before_) {
      const auto stamped = alert.labels.find(name);
      if (stamped != alert.labels.end() && stamped->second == value) alert.labels.erase(stamped);
    }
    AddOwnLabels(now_, alert.labels);
    alert.fingerprint = Fingerprint(alert.rule, alert.labels);
    Learn(old_labels, RoutedLabels(alert));
    std::map<std::string, Told> told;
    for (const auto& [whom, what] : alert.told) told[KeyNow(whom)] = what;
    alert.told = std::move(told);
  }

  void Relabel(Notification& notification) {
    for (Alert& alert : notification.alerts) Relabel(alert);
    if (const auto group = groups_.find(notification.group_key); group != groups_.end()) {
      notification.group_key = group->second.key;
      notification.group_labels = group->second.labels;
    }
  }

  // The key, or the id, of the group as it is now.
  [[nodiscard]] std::string GroupNow(const std::string& key) const {
    const auto group = groups_.find(key);
    return group == groups_.end() ? key : group->second.key;
  }
  // The same of what is kept for a group by one integration: "ops/slack[0]|{}:{...}".
  [[nodiscard]] std::string KeyNow(const std::string& key) const {
    const std::size_t bar = key.find('|');
    if (bar == std::string::npos) return key;
    return key.substr(0, bar + 1) + GroupNow(key.substr(bar + 1));
  }

 private:
  struct Group {
    std::string key;
    Labels labels;
  };

  void Learn(const Labels& old_labels, const Labels& labels) {
    for (const Route* route : MatchRoutes(root_, old_labels)) {
      const Labels before = GroupLabels(*route, old_labels);
      const Labels group = GroupLabels(*route, labels);
      if (group == before) continue;
      groups_.try_emplace(GroupKey(*route, before), Group{GroupKey(*route, group), group});
      groups_.try_emplace(GroupId(*route, before), Group{GroupId(*route, group), group});
    }
  }

  const Labels before_;
  const Labels& now_;
  const Route& root_;
  std::map<std::string, Group> groups_;  // by the key, and by the id, before
};

// Which of two that are the same one now: what is open says more than what is over.
auto Rank(const Alert& alert) {
  return std::tuple(alert.state == AlertState::kFiring, alert.state == AlertState::kPending, alert.since);
}

class Carrying {
 public:
  Carrying(Move move, std::vector<JournalChange>& changes) : move_(std::move(move)), changes_(changes) {}

  // Alerts first: from them the others know their groups. Whether any became another.
  bool CarryAlerts(const JournalEntries& stored) {
    for (const auto& [key, value] : stored) {
      if (key.starts_with("alert/")) CarryAlert(key, value);
    }
    return !changed_.empty();
  }
  JournalEntries CarryAll(JournalEntries stored) {
    for (const auto& [key, alert] : alerts_) Set(key, EncodeAlert(alert));
    for (auto& [key, value] : stored) {
      if (!key.starts_with("alert/")) CarryOther(key, std::move(value));
    }
    for (const auto& [key, value] : changed_) changes_.push_back({key, value});
    return {out_.begin(), out_.end()};
  }

 private:
  void CarryAlert(const std::string& key, const std::string& value) {
    Result<Alert> alert = DecodeAlert(value);
    if (!alert) {
      out_[key] = value;
      return;
    }
    move_.Relabel(*alert);
    std::string now = "alert/" + alert->fingerprint;
    if (now != key) changed_.try_emplace(key, std::nullopt);
    const auto [other, fresh] = alerts_.try_emplace(std::move(now), *alert);
    if (!fresh && Rank(other->second) < Rank(*alert)) other->second = std::move(*alert);
  }

  void CarryOther(const std::string& key, std::string value) {
    if (key.starts_with("group/")) {
      Rename(key, "group/" + move_.GroupNow(key.substr(6)), std::move(value));
    } else if (key.starts_with("kept/")) {
      Rename(key, move_.KeyNow(key), std::move(value));
    } else if (Result<Notification> note = key.starts_with("note/")
                                               ? DecodeNotification(value)
                                               : Failure(ErrorKind::kInvalid, "of another kind")) {
      move_.Relabel(*note);
      Set(key, EncodeNotification(*note));
    } else {
      out_[key] = std::move(value);
    }
  }

  void Rename(const std::string& key, const std::string& now, std::string value) {
    if (now == key) {
      out_[key] = std::move(value);
      return;
    }
    changed_.try_emplace(key, std::nullopt);
    Set(now, std::move(value));
  }

  void Set(const std::string& key, std::string value) {
    changed_[key] = value;
    out_[key] = std::move(value);
  }

  Move move_;
  std::vector<JournalChange>& changes_;
  std::map<std::string, Alert> alerts_;  // by their new keys
  std::map<std::string, std::optional<std::string>> changed_;
  std::map<std::string, std::string> out_;
};

}  // namespace

JournalEntries CarriedOver(JournalEntries stored, const Labels& own, const Route& root,
                           std::vector<JournalChange>& changes) {
  Labels before = Before(stored);
  const bool same = before == own;
  Carrying carrying(Move(std::move(before), own, root), changes);
  // A release that knows nothing of them may have been here since.
  if (!carrying.CarryAlerts(stored) && same) return stored;
  changes.push_back({kOwnKey, json(own).dump(-1, ' ', false, json::error_handler_t::replace)});
  return carrying.CarryAll(std::move(stored));
}

}  // namespace loadline::collector

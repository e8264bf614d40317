#include "collector/alert/dispatcher.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/alert/own_labels.h"
#include "collector/alert/wall_json.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Until a receiver that is far behind is thought of again.
constexpr Duration kAskAgain = std::chrono::seconds(10);
constexpr const char* kWatchdog = "Watchdog";

bool Firing(const Alert& alert) {
  return alert.state == AlertState::kFiring;
}

const Told* WhatWasTold(const Alert& alert, const std::string& whom) {
  auto it = alert.told.find(whom);
  return it == alert.told.end() ? nullptr : &it->second;
}

// Whether `whom` believes that it fires.
bool KnownFiring(const Alert& alert, const std::string& whom) {
  const Told* told = WhatWasTold(alert, whom);
  return told && told->state == AlertState::kFiring;
}

bool IsNews(const Alert& alert, const std::string& whom) {
  return Firing(alert) && (!KnownFiring(alert, whom) || alert.told.at(whom).passed_over);
}

// As Alertmanager names what it tells `whom` of these, who `believed` or not that something of the group fires.
const char* CauseOf(const std::vector<const Alert*>& alerts, const std::string& whom, bool believed) {
  const auto is_news = [&](const Alert* alert) { return IsNews(*alert, whom); };
  if (std::ranges::any_of(alerts, is_news)) return believed ? "new alerts added" : "first notification";
  const auto fires = [](const Alert* alert) { return Firing(*alert); };
  if (std::ranges::none_of(alerts, fires)) return "all alerts resolved";
  return std::ranges::all_of(alerts, fires) ? "repeat interval elapsed" : "some alerts resolved";
}

// When the receiver last heard of anything in the group. A group whose own record was lost goes by its
// alerts.
Wall LastTold(const Dispatcher::Group& group, const Integration& integration, const std::string& whom,
              const std::vector<const Alert*>& alerts) {
  if (auto it = group.told_at.find(integration.name); it != group.told_at.end()) return it->second;
  Wall last{};
  for (const Alert* alert : alerts) {
    if (const Told* told = WhatWasTold(*alert, whom)) last = std::max(last, told->at);
  }
  return last;
}

bool Due(Dispatcher::Group& group, Wall now) {
  // A clock set back must not leave a group waiting for the time it lost.
  group.next_look =
      std::min(group.next_look, now + std::max(group.route->group_wait, group.route->group_interval));
  return group.next_look <= now || (group.extra_look && *group.extra_look <= now);
}

// How long a group that begins with this alert waits for company: not at all once the alert is older than that, for whoever
// was to come has had the time (Alertmanager starts the clock with the alert, too). Ours begin when they fire.
Duration WaitOf(const Route& route, const Alert& alert, Wall now) {
  const Wall began = alert.posted ? alert.since : alert.fired.value_or(now);
  return began + route.group_wait < now ? Duration::zero() : route.group_wait;
}

// The instant of the schedule that this look is for. Everything runs on the schedule the group began with: a
// late look is not a later schedule, and an extra one does not move it.
Wall TakeLook(Dispatcher::Group& group, Wall now) {
  group.extra_look.reset();
  if (group.next_look > now) return now;
  const Duration interval = std::max<Duration>(group.route->group_interval, std::chrono::milliseconds(1));
  const Wall look = group.next_look + ((now - group.next_look) / interval) * interval;
  group.next_look = look + interval;
  return look;
}

// `group`: its id and not its key, which siblings share: two of them may tell one integration in the same instant.
std::string Id(const std::string& group, const Integration& integration, Wall now, std::size_t piece) {
  Labels of = {{"group", group}, {"at", std::to_string(now.time_since_epoch().count())}};
  if (piece > 0) of["piece"] = std::to_string(piece);
  return Fingerprint(integration.name, of);
}

std::size_t BytesOf(const Alert& alert) {
  constexpr std::size_t kRest = 200;  // names, instants, fingerprint
  std::size_t bytes = kRest + alert.summary.size() + alert.reason.size() + alert.runbook.size();
  const auto add = [&](const Labels& labels) {
    for (const auto& [name, value] : labels) bytes += name.size() + value.size();
  };
  add(alert.labels);
  if (alert.posted) add(alert.posted->annotations);
  return bytes;
}

// How many of the alerts go into each notification.
std::vector<std::size_t> Pieces(const Integration& integration, const std::vector<const Alert*>& alerts) {
  if (integration.names > 0) return {std::min(alerts.size(), integration.names)};
  std::vector<std::size_t> pieces;
  std::size_t bytes = 0;
  for (const Alert* alert : alerts) {
    const std::size_t more = BytesOf(*alert);
    if (pieces.empty() || pieces.back() == kMostAlertsOfAPiece || bytes + more > kMostBytesOfAPiece) {
      pieces.push_back(0);
      bytes = 0;
    }
    ++pieces.back();
    bytes += more;
  }
  return pieces;
}

}  // namespace

std::string TellKey(const std::string& group_key, const Integration& integration) {
  return integration.name + "|" + group_key;
}

Condition Watchdog() {
  return {.rule = kWatchdog,
          .labels = {},
          .severity = Severity::kSev4,
          .summary = "The collector is alive",
          .reason = "Always fires; when it is heard no more, nobody is watching the cluster.",
          .urgent = true,
          .own = true};
}

Result<void> AddHeartbeat(RoutingPlan& plan, const std::string& receiver, Duration interval) {
  if (std::ranges::find(plan.receivers, receiver, &Receiver::name) == plan.receivers.end())
    return Failure(ErrorKind::kInvalid, fmt::format("there is no receiver '{}'", receiver));
  Route route{.receiver = receiver, .group_by = {"alertname"}};
  for (const auto& [label, value] :
       {std::pair("alertname", std::string(kWatchdog)), {kClusterLabel, ClusterOf(plan.own_labels)}}) {
    Result<Matcher> ours = Matcher::Make(label, Matcher::Op::kEqual, value);
    if (!ours) return Failure(ours.error());
    if (!value.empty()) route.matchers.push_back(std::move(*ours));
  }
  route.group_wait = Duration::zero();
  route.group_interval = interval;
  route.repeat_interval = interval;
  plan.root.routes.insert(plan.root.routes.begin(), std::move(route));
  SetKeys(plan.root);
  return {};
}

RoutingPlan PlanFor(Receiver receiver, std::vector<InhibitRule> inhibit_rules) {
  RoutingPlan plan{.root = {.receiver = receiver.name, .group_by = {"alertname", kClusterLabel, "namespace"}},
                   .receivers = {},
                   .inhibit_rules = std::move(inhibit_rules)};
  plan.receivers.push_back(std::move(receiver));
  SetKeys(plan.root);
  return plan;
}

Dispatcher::Dispatcher(const RoutingPlan& plan, AlertBook& book, const Mutes& mutes)
    : plan_(plan), book_(book), mutes_(mutes) {}

Dispatcher::Group& Dispatcher::Join(const Route& route, const Alert& alert, Wall now) {
  Labels labels = GroupLabels(route, RoutedLabels(alert));
  const std::string id = GroupId(route, labels);
  auto [it, made] = groups_.try_emplace(id);
  Group& group = it->second;
  if (made) {
    group.route = &route;
    group.key = GroupKey(route, labels);
    group.labels = std::move(labels);
    // The first look starts the schedule of all: what is not urgent may be told then.
    const Duration wait = WaitOf(route, alert, now);
    group.next_look = now + (alert.urgent ? wait : std::max(wait, plan_.settle));
    changed_.insert(id);
  }
  group.members.insert(alert.fingerprint);
  return group;
}

std::vector<Notification> Dispatcher::Note(const std::vector<Transition>& transitions, Wall now) {
  std::map<std::string, std::vector<const Alert*>> at_once;  // by the group's id
  for (const Transition& transition : transitions) {
    const Alert* alert = book_.Find(transition.fingerprint);
    if (transition.what != Transition::What::kFired || !alert) continue;
    for (const Route* route : MatchRoutes(plan_.root, RoutedLabels(*alert))) {
      const Group& group = Join(*route, *alert, now);
      if (!alert->urgent) continue;
      // Another episode is news even when nobody was told that the last one had ended.
      for (const Integration& integration : ReceiverOf(*route).integrations)
        PassOver(*alert, TellKey(group.key, integration));
      if (!mutes_.Why(*alert, *route, now)) {
        at_once[GroupId(*group.route, group.labels)].push_back(alert);
      }
    }
  }
  std::vector<Notification> out;
  for (const auto& [id, alerts] : at_once) {
    TellAtOnce(groups_.at(id), alerts, now, out);
    changed_.insert(id);
  }
  return out;
}

void Dispatcher::TellAtOnce(Group& group, const std::vector<const Alert*>& alerts, Wall now,
                            std::vector<Notification>& out) {
  for (const Integration& integration : ReceiverOf(*group.route).integrations) {
    const std::string whom = TellKey(group.key, integration);
    std::vector<const Alert*> news;
    std::ranges::copy_if(alerts, std::back_inserter(news), [&](const Alert* alert) {
      return IsNews(*alert, whom) && Wants(integration, whom, *alert, now);
    });
    if (news.empty() || !HasRoom(integration, Pieces(integration, news).size(), group, now)) continue;
    std::string reason = fmt::format("{} new, sent immediately", news.size());
    for (Notification& notification : Tell(group, integration, std::move(news), std::move(reason), now)) {
      notification.urgent = true;
      out.push_back(std::move(notification));
    }
    group.told_at[integration.name] = now;
  }
}

std::vector<Notification> Dispatcher::Flush(Wall now) {
  std::vector<Notification> out;
  for (auto it = groups_.begin(); it != groups_.end();) {
    auto& [id, group] = *it;
    if (!Due(group, now)) {
      ++it;
      continue;
    }
    Look(group, now, out);
    std::erase_if(group.members, [&](const std::string& fingerprint) {
      const Alert* alert = book_.Find(fingerprint);
      if (!alert) return true;
      ForgetTheEnded(*group.route, group.key, *alert);
      return !Firing(*alert) && EverybodyKnows(*group.route, group.key, *alert);
    });
    changed_.insert(id);
    it = group.members.empty() ? groups_.erase(it) : std::next(it);
  }
  return out;
}

void Dispatcher::Look(Group& group, Wall now, std::vector<Notification>& out) {
  const Wall look = TakeLook(group, now);
  const std::vector<const Alert*> members = Members(group, now);
  for (const Integration& integration : ReceiverOf(*group.route).integrations) {
    const std::string whom = TellKey(group.key, integration);
    std::vector<const Alert*> alerts;
    std::ranges::copy_if(members, std::back_inserter(alerts),
                         [&](const Alert* alert) { return Wants(integration, whom, *alert, now); });
    std::optional<std::string> why = WhyTell(group, integration, whom, alerts, look);
    if (!why) {
      PassOverTheEnded(group, whom);
      continue;
    }
    std::vector<const Alert*> told;
    std::ranges::copy_if(alerts, std::back_inserter(told), [&](const Alert* alert) {
      return Firing(*alert) || (integration.send_resolved && KnownFiring(*alert, whom));
    });
    if (told.empty() || !HasRoom(integration, Pieces(integration, told).size(), group, now)) continue;
    const bool repeat = why->starts_with("repeated");
    for (Notification& notification : Tell(group, integration, std::move(told), std::move(*why), now)) {
      notification.repeat = repeat;
      out.push_back(std::move(notification));
    }
    PassOverTheUnsaid(group, whom, now);
    group.told_at[integration.name] = look;
  }
}

// After a look that told `whom` nothing: who is muted could not be told that it had ended.
void Dispatcher::PassOverTheEnded(const Group& group, const std::string& whom) {
  for (const std::string& fingerprint : group.members) {
    const Alert* alert = book_.Find(fingerprint);
    if (alert && !Firing(*alert)) PassOver(*alert, whom);
  }
}

// After a look that told `whom` of the others at `now`.
void Dispatcher::PassOverTheUnsaid(const Group& group, const std::string& whom, Wall now) {
  for (const std::string& fingerprint : group.members) {
    const Alert* alert = book_.Find(fingerprint);
    const Told* told = alert ? WhatWasTold(*alert, whom) : nullptr;
    if (told && told->at != now) PassOver(*alert, whom);
  }
}

void Dispatcher::PassOver(const Alert& alert, const std::string& whom) {
  if (!KnownFiring(alert, whom)) return;
  Told told = alert.told.at(whom);
  if (std::exchange(told.passed_over, true)) return;
  book_.MarkTold(alert.fingerprint, whom, told);
}

bool Dispatcher::HasRoom(const Integration& integration, std::size_t notifications, Group& group, Wall now) {
  if (!room_ || room_(integration.name, notifications)) return true;
  ++held_back_;
  const Wall again = now + kAskAgain;
  group.extra_look = std::min(group.extra_look.value_or(again), again);
  return false;
}

// Those that may be told of now. Sets the extra look for those that may be a little later.
std::vector<const Alert*> Dispatcher::Members(Group& group, Wall now) const {
  std::vector<const Alert*> alerts;
  for (const std::string& fingerprint : group.members) {
    const Alert* alert = book_.Find(fingerprint);
    if (!alert || alert->state == AlertState::kPending || mutes_.Why(*alert, *group.route, now)) continue;
    const Wall settled = alert->fired.value_or(now) + plan_.settle;
    if (Firing(*alert) && !alert->urgent && settled > now) {
      group.extra_look = std::min(group.extra_look.value_or(settled), settled);
      continue;
    }
    alerts.push_back(alert);
  }
  return alerts;
}

std::optional<std::string> Dispatcher::WhyTell(const Group& group, const Integration& integration,
                                               const std::string& whom,
                                               const std::vector<const Alert*>& alerts, Wall look) const {
  std::size_t firing = 0;
  std::size_t news = 0;
  std::size_t ended = 0;
  for (const Alert* alert : alerts) {
    firing += Firing(*alert);
    news += IsNews(*alert, whom);
    ended += !Firing(*alert) && KnownFiring(*alert, whom);
  }
  if (news > 0) return fmt::format("{} new", news);
  if (ended > 0 && integration.send_resolved)
    return firing == 0 ? "all resolved" : fmt::format("{} resolved", ended);
  if (firing == 0) return std::nullopt;
  const Duration silence = look - LastTold(group, integration, whom, alerts);
  if (silence < group.route->repeat_interval) return std::nullopt;
  return fmt::format("repeated after {}", FormatSeconds(Seconds(silence)));
}

std::vector<Notification> Dispatcher::Tell(const Group& group, const Integration& integration,
                                           std::vector<const Alert*> alerts, std::string reason, Wall now) {
  std::ranges::stable_sort(alerts, {},
                           [](const Alert* alert) { return std::pair(!Firing(*alert), alert->severity); });
  const std::string whom = TellKey(group.key, integration);
  const bool believed = std::ranges::any_of(group.members, [&](const std::string& fingerprint) {
    const Alert* alert = book_.Find(fingerprint);
    return alert != nullptr && KnownFiring(*alert, whom);
  });
  std::string cause = CauseOf(alerts, whom, believed);
  std::map<std::string, std::map<std::string, Told>> before;  // by fingerprint, for Untell
  for (const Alert* alert : alerts) {
    if (KnownFiring(*alert, whom)) before[alert->fingerprint][whom] = alert->told.at(whom);
    book_.MarkTold(alert->fingerprint, whom, {.state = alert->state, .at = now});
  }
  Notification all{.id = {},
                   .receiver = ReceiverOf(*group.route).name,
                   .integration = integration.name,
                   .group_key = group.key,
                   .group_labels = group.labels,
                   .reason = std::move(reason),
                   .at = now,
                   .cause = std::move(cause),
                   .route_labels = group.route->labels};
  const std::vector<std::size_t> pieces = Pieces(integration, alerts);
  if (integration.names > 0) all.more = alerts.size() - pieces.front();
  all.others_fire = pieces.size() > 1 && Firing(*alerts.front());
  std::vector<Notification> out;
  for (auto next = alerts.begin(); const std::size_t size : pieces) {
    Notification& piece = out.emplace_back(all);
    piece.id = Id(GroupId(*group.route, group.labels), integration, now, out.size() - 1);
    for (const auto end = next + static_cast<std::ptrdiff_t>(size); next != end; ++next) {
      piece.alerts.push_back(**next);
      piece.alerts.back().told = std::move(before[(*next)->fingerprint]);
    }
  }
  return out;
}

// The receiver knows what it knew before, and what fires is news, as is what fires again after an end that was not heard.
// What was told anew since stays as it is.
void Dispatcher::Untell(const Notification& notification, Wall now) {
  const auto receiver = std::ranges::find(plan_.receivers, notification.receiver, &Receiver::name);
  if (receiver == plan_.receivers.end()) return;
  const auto integration =
      std::ranges::find(receiver->integrations, notification.integration, &Integration::name);
  if (integration == receiver->integrations.end()) return;
  const std::string whom = TellKey(notification.group_key, *integration);
  for (const Alert& said : notification.alerts) {
    const Alert* alert = book_.Find(said.fingerprint);
    const Told* told = alert ? WhatWasTold(*alert, whom) : nullptr;
    if (!told || told->at != notification.at || told->state != said.state) continue;
    const bool known = KnownFiring(said, whom) || !Firing(said);
    book_.MarkTold(
        said.fingerprint, whom,
        {.state = known ? AlertState::kFiring : AlertState::kResolved, .at = told->at, .passed_over = known});
    Rejoin(*alert, notification, now);
  }
}

// A group that had said everything is gone; it has something to say again.
void Dispatcher::Rejoin(const Alert& alert, const Notification& notification, Wall now) {
  const Labels labels = RoutedLabels(alert);
  for (const Route* route : MatchRoutes(plan_.root, labels)) {
    const Labels group_labels = GroupLabels(*route, labels);
    if (route->receiver != notification.receiver || GroupKey(*route, group_labels) != notification.group_key)
      continue;
    const bool there = groups_.contains(GroupId(*route, group_labels));
    Group& group = Join(*route, alert, now);
    if (!there) group.next_look = now + route->group_interval;
  }
}

// The end of it is all there is to know for those that are not told of ends.
void Dispatcher::ForgetTheEnded(const Route& route, const std::string& key, const Alert& alert) {
  if (alert.state != AlertState::kResolved) return;
  for (const Integration& integration : ReceiverOf(route).integrations) {
    const std::string whom = TellKey(key, integration);
    if (integration.send_resolved || !KnownFiring(alert, whom)) continue;
    book_.MarkTold(alert.fingerprint, whom, {.state = alert.state, .at = alert.told.at(whom).at});
  }
}

// What it was told of it also hears the end of, however mild it has become.
bool Dispatcher::Wants(const Integration& integration, const std::string& whom, const Alert& alert,
                       Wall now) const {
  if (!integration.hours.empty() && !mutes_.InAnyOf(integration.hours, now)) return false;
  return alert.severity <= integration.min_severity || KnownFiring(alert, whom);
}

// A resolved alert may leave when nobody still believes it fires, or wants to hear otherwise.
bool Dispatcher::EverybodyKnows(const Route& route, const std::string& key, const Alert& alert) const {
  return std::ranges::none_of(ReceiverOf(route).integrations, [&](const Integration& integration) {
    return integration.send_resolved && KnownFiring(alert, TellKey(key, integration));
  });
}

const Receiver& Dispatcher::ReceiverOf(const Route& route) const {
  auto it = std::ranges::find(plan_.receivers, route.receiver, &Receiver::name);
  assert(it != plan_.receivers.end());  // config/ refuses a route to nobody
  return *it;
}

std::optional<Wall> Dispatcher::NextDue() const {
  std::optional<Wall> due;
  for (const auto& [key, group] : groups_) {
    const Wall next = std::min(group.next_look, group.extra_look.value_or(group.next_look));
    if (!due || next < *due) due = next;
  }
  return due;
}

std::optional<std::string> Dispatcher::EncodeGroup(const std::string& id) const {
  auto it = groups_.find(id);
  if (it == groups_.end()) return std::nullopt;
  json told = json::object();
  for (const auto& [integration, at] : it->second.told_at) told[integration] = ToJson(at);
  return json{{"next_look", ToJson(it->second.next_look)},
              {"extra_look", ToJson(it->second.extra_look)},
              {"told_at", std::move(told)}}
      .dump();
}

bool Dispatcher::ReadTimers(const std::string& text, Group& group) try {
  const json stored = json::parse(text);
  const Wall next_look = WallFrom(stored.at("next_look"));
  const auto extra_look = OptionalWallFrom(stored.value("extra_look", json(nullptr)));
  std::map<std::string, Wall> told_at;
  for (const auto& [integration, at] : stored.at("told_at").items()) told_at[integration] = WallFrom(at);
  group.next_look = next_look;
  group.extra_look = extra_look;
  for (const auto& [integration, at] : told_at) group.told_at[integration] = at;
  return true;
} catch (const json::exception&) {
  return false;
}

void Dispatcher::Restore(const std::map<std::string, std::string>& stored_groups, Wall now) {
  for (const auto& [fingerprint, alert] : book_.alerts()) {
    if (alert.state == AlertState::kPending) continue;
    for (const Route* route : MatchRoutes(plan_.root, RoutedLabels(alert))) {
      const std::string key = GroupKey(*route, GroupLabels(*route, RoutedLabels(alert)));
      ForgetTheEnded(*route, key, alert);
      // Resolved ones come back only where somebody has yet to hear of it.
      if (Firing(alert) || !EverybodyKnows(*route, key, alert)) Join(*route, alert, now);
    }
  }
  for (const auto& [id, text] : stored_groups) {
    auto it = groups_.find(id);
    if (it == groups_.end()) {
      changed_.insert(id);
      continue;
    }
    // What is damaged is written anew: the fresh timers will do.
    if (ReadTimers(text, it->second)) changed_.erase(id);
  }
}

}  // namespace loadline::collector

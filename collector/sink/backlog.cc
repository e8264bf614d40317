#include "collector/sink/backlog.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace loadline::collector {

std::vector<Backlog::Entry> Backlog::Add(Entry entry) {
  std::vector<Entry> superseded;
  // An urgent one names only what is new; and a cut one (`more`) names not everything.
  if (!entry.notification.urgent && entry.notification.more == 0) {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const Notification& older = it->second.notification;
      const bool same = older.group_key == entry.notification.group_key && older.at < entry.notification.at;
      if (same) {
        entry.since = std::min(entry.since, it->second.since);
        superseded.push_back(std::move(it->second));
      }
      it = same ? waiting_.erase(it) : std::next(it);
    }
  }
  const Order order(MostSevere(entry.notification), !entry.notification.urgent, arrivals_++);
  waiting_.emplace(order, std::move(entry));
  return superseded;
}

namespace {

std::size_t GraveOnes(const Notification& notification) {
  return static_cast<std::size_t>(std::ranges::count_if(notification.alerts, [](const Alert& alert) {
    return alert.state == AlertState::kFiring && alert.severity <= Severity::kSev1;
  }));
}

}  // namespace

std::vector<Backlog::Entry> Backlog::Take(std::size_t most, std::size_t grave, const Busy& busy, Mono now) {
  std::vector<Entry> taken;
  // Groups with a word that has no room: what is said later of them waits with it.
  std::set<std::string_view> put_off;
  std::size_t named = 0;
  for (auto it = waiting_.begin(); it != waiting_.end() && taken.size() < most;) {
    const Notification& notification = it->second.notification;
    if (it->second.not_before > now || busy.contains(notification.group_key) ||
        put_off.contains(notification.group_key)) {
      ++it;
      continue;
    }
    const std::size_t grave_ones = GraveOnes(notification);
    if (!taken.empty() && grave_ones > 0 && named + grave_ones > grave) {
      put_off.insert(notification.group_key);
      ++it;
      continue;
    }
    named += grave_ones;
    taken.push_back(std::move(it->second));
    it = waiting_.erase(it);
  }
  return taken;
}

std::optional<Mono> Backlog::NextBeside(const Busy& busy) const {
  std::optional<Mono> next;
  for (const auto& [order, entry] : waiting_) {
    if (busy.contains(entry.notification.group_key)) continue;
    next = std::min(next.value_or(entry.not_before), entry.not_before);
    if (*next == Mono{}) break;
  }
  return next;
}

const Backlog::Entry* Backlog::First(Mono now) const {
  const auto first =
      std::ranges::find_if(waiting_, [&](const auto& waits) { return waits.second.not_before <= now; });
  return first == waiting_.end() ? nullptr : &first->second;
}

void Backlog::ForgetFailures() {
  for (auto& [order, entry] : waiting_) entry.not_before = {};
}

std::optional<Wall> Backlog::WaitingSince() const {
  std::optional<Wall> since;
  for (const auto& [order, entry] : waiting_) since = std::min(since.value_or(entry.since), entry.since);
  return since;
}

}  // namespace loadline::collector

#include "collector/sink/slack_bot.h"

#include <algorithm>

#include "collector/sink/slack_shown.h"

namespace loadline::collector {
namespace {

using Means = SlackAnswer::Means;
using nlohmann::json;

// A message shows a dozen alerts by name and the rest by number; more of them need not be kept.
constexpr std::size_t kAlertsKept = 50;
// Groups with a message that can still be edited. Beyond it the oldest is left as it is.
constexpr std::size_t kMostOpen = 2'000;
// Stale messages that one send brings up to date: more would hold up what comes next.
constexpr int kCatchUp = 5;

const Alert* FindIn(const Notification& notification, const std::string& fingerprint) {
  auto it = std::ranges::find(notification.alerts, fingerprint, &Alert::fingerprint);
  return it == notification.alerts.end() ? nullptr : &*it;
}

// What the message shows after `news`. A look at the whole group names all that fires: what it does not name
// is silenced or gone. An urgent one names only what is new.
Notification Merged(const Notification& before, const Notification& news) {
  Notification merged = news;
  const bool whole = !news.urgent && news.more == 0;
  for (const Alert& alert : before.alerts) {
    const bool firing = alert.state == AlertState::kFiring;
    if (FindIn(news, alert.fingerprint) == nullptr && !(whole && firing)) merged.alerts.push_back(alert);
  }
  std::ranges::stable_sort(merged.alerts, {}, [](const Alert& alert) {
    return std::tuple(alert.state != AlertState::kFiring, alert.severity);
  });
  if (merged.alerts.size() > kAlertsKept) {
    const auto firing_cut = std::count_if(merged.alerts.begin() + kAlertsKept, merged.alerts.end(),
                                          [](const Alert& a) { return a.state == AlertState::kFiring; });
    merged.more += static_cast<std::size_t>(firing_cut);
    merged.alerts.resize(kAlertsKept);
  }
  return merged;
}

// The alerts of `news` of which the message did not show this much.
Notification Changes(const Notification& before, const Notification& news) {
  Notification changes = news;
  std::erase_if(changes.alerts, [&](const Alert& alert) {
    const Alert* old = FindIn(before, alert.fingerprint);
    return old != nullptr && old->state == alert.state && old->severity == alert.severity &&
           old->fired == alert.fired && old->occurrences == alert.occurrences;
  });
  return changes;
}

std::string Encode(const std::string& channel, const std::string& ts, Notification says) {
  for (Alert& alert : says.alerts) alert.told.clear();
  return json{{"channel", channel}, {"ts", ts}, {"says", EncodeNotification(says)}}.dump();
}

bool Over(const Notification& says) {
  return !AnyFiring(says) && says.more == 0;
}

}  // namespace

SlackBot::SlackBot(SlackBotOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      token_file_(options_.token_file),
      api_(options_.api, clock) {}

void SlackBot::Recall(const std::string& key, const std::string& value) {
  const json stored = json::parse(value, nullptr, false);
  if (!stored.is_object() || !stored.contains("says") || !stored["says"].is_string()) return;
  Result<Notification> says = DecodeNotification(stored["says"].get_ref<const std::string&>());
  if (!says) return;
  Message message{stored.value("channel", ""), stored.value("ts", ""), std::move(*says)};
  message.stale = Over(message.says);  // what is true by now would have been let go
  open_.insert_or_assign(key, std::move(message));
}

Outcome SlackBot::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  stop_ = stop;
  keep_.clear();
  Result<std::string> token =
      options_.token.empty() ? token_file_.Read() : Result<std::string>(options_.token);
  if (!token) return {Verdict::kRetry, token.error().message, options_.setting_retry};
  token_ = std::move(*token);
  SlackAnswer answer;
  if (batch.size() > 1) {
    answer = Digest(batch);
  } else if (const auto open = open_.find(batch[0].group_key); open != open_.end()) {
    answer = Continue(open, batch[0]);
  } else {
    answer = Begin(batch[0]);
  }
  if (answer.means == Means::kDone) CatchUp();
  return OutcomeOf(std::move(answer));
}

Outcome SlackBot::OutcomeOf(SlackAnswer answer) {
  Outcome outcome{Verdict::kRetry, std::move(answer.detail), answer.retry_after};
  if (answer.means == Means::kDone) outcome.verdict = Verdict::kDelivered;
  if (answer.means == Means::kMessage) outcome.verdict = Verdict::kRefused;
  if (answer.means == Means::kSetting || answer.means == Means::kGone)
    outcome.retry_after = options_.setting_retry;
  outcome.keep = std::move(keep_);
  return outcome;
}

// `place`: channel, and which message or thread of it.
SlackAnswer SlackBot::Say(const std::string& method, std::span<const Notification> batch, const json& place) {
  json message = SlackMessage(batch, options_.message);
  message.update(place);
  SlackAnswer answer = api_.Call(method, token_, message, stop_);
  if (answer.means != Means::kMessage) return answer;
  json plain = PlainSlackMessage(batch);  // the last resort for what Slack does not take
  plain.update(place);
  return api_.Call(method, token_, plain, stop_);
}

json SlackBot::Place() const {
  return {{"channel", options_.channel}, {"unfurl_links", false}, {"unfurl_media", false}};
}

SlackAnswer SlackBot::Post(std::span<const Notification> batch) {
  return Say("chat.postMessage", batch, Place());
}

std::vector<ShownMessage> SlackBot::Show(std::span<const Notification> batch, Wall /*now*/) const {
  json message = SlackMessage(batch, options_.message);
  message.update(Place());
  return {ShownSlackMessage(message)};
}

SlackAnswer SlackBot::Edit(const Message& message) {
  edits_.Take(clock_.Now());
  return Say("chat.update", {&message.says, 1}, {{"channel", message.channel}, {"ts", message.ts}});
}

SlackAnswer SlackBot::Reply(const Message& message, const std::string& text, bool in_channel) {
  json reply = {{"text", text},
                {"channel", message.channel},
                {"thread_ts", message.ts},
                {"unfurl_links", false},
                {"unfurl_media", false}};
  if (in_channel) reply["reply_broadcast"] = true;
  return api_.Call("chat.postMessage", token_, reply, stop_);
}

SlackAnswer SlackBot::Begin(const Notification& notification) {
  SlackAnswer answer = Post({&notification, 1});
  // Without a ts there is nothing to edit, and what is over needs no editing.
  if (answer.means != Means::kDone || answer.ts.empty() || !options_.edit || Over(notification))
    return answer;
  if (open_.size() >= kMostOpen) {
    LetGo(std::ranges::min_element(open_, {}, [](const auto& open) { return open.second.says.at; }));
  }
  const auto [open, made] = open_.insert_or_assign(
      notification.group_key, Message{answer.channel, answer.ts, Merged(notification, notification)});
  Note(open);
  return answer;
}

SlackAnswer SlackBot::Continue(Messages::iterator open, const Notification& notification) {
  const Notification changes = Changes(open->second.says, notification);
  Message next = open->second;
  next.says = Merged(next.says, notification);
  // The edit goes first: done twice it does no harm, and the reply is what must not come twice.
  SlackAnswer edited{.means = Means::kDone, .detail = {}};
  const bool may_edit = edits_.Available(clock_.Now()) >= 1;
  if (may_edit) edited = Edit(next);
  next.stale = !may_edit || edited.means != Means::kDone;
  if (edited.means == Means::kGone) {
    LetGo(open);
    return Begin(next.says);
  }
  if (!replied_.contains(notification.id)) {
    const bool news = AnyFiring(changes) || (notification.repeat && AnyFiring(notification));
    const SlackAnswer replied = Reply(next, SlackHistory(changes), news);
    if (replied.means != Means::kDone && replied.means != Means::kGone) return replied;
    replied_.insert(notification.id);
  }
  open->second = std::move(next);
  Note(open);
  if (edited.means != Means::kDone) return edited;
  replied_.erase(notification.id);
  if (!open->second.stale && Over(open->second.says)) LetGo(open);
  return edited;
}

SlackAnswer SlackBot::Digest(std::span<const Notification> batch) {
  SlackAnswer answer = Post(batch);
  if (answer.means != Means::kDone) return answer;
  for (const Notification& notification : batch) {
    const auto open = open_.find(notification.group_key);
    if (open == open_.end()) continue;
    open->second.says = Merged(open->second.says, notification);
    open->second.stale = true;
    Note(open);
  }
  return answer;
}

// What is over first: nothing else will be said of it that could correct it.
void SlackBot::CatchUp() {
  std::vector<Messages::iterator> stale;
  for (auto open = open_.begin(); open != open_.end(); ++open) {
    if (open->second.stale) stale.push_back(open);
  }
  std::ranges::stable_sort(stale, {}, [](Messages::iterator open) { return !Over(open->second.says); });
  if (stale.size() > kCatchUp) stale.resize(kCatchUp);
  for (const Messages::iterator open : stale) {
    if (edits_.Available(clock_.Now()) < 1) return;
    const SlackAnswer answer = Edit(open->second);
    if (answer.means != Means::kDone && answer.means != Means::kGone) return;
    open->second.stale = false;
    if (answer.means == Means::kGone || Over(open->second.says)) LetGo(open);
  }
}

void SlackBot::Note(Messages::iterator open) {
  keep_[open->first] = Encode(open->second.channel, open->second.ts, open->second.says);
}

void SlackBot::LetGo(Messages::iterator open) {
  keep_[open->first] = std::nullopt;
  open_.erase(open);
}

}  // namespace loadline::collector

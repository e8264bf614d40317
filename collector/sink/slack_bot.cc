#include "collector/sink/slack_bot.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/slack_links.h"
#include "collector/sink/slack_shown.h"

namespace loadline::collector {
namespace {

using Means = SlackAnswer::Means;
using nlohmann::json;

// A message shows a dozen alerts by name and the rest by number; more of them need not be kept.
constexpr std::size_t kAlertsKept = 50;
// Groups with a message that can still be edited. Beyond it the oldest is left as it is.
constexpr std::size_t kMostOpen = 2'000;

const Alert* FindIn(const Notification& notification, const std::string& fingerprint) {
  auto it = std::ranges::find(notification.alerts, fingerprint, &Alert::fingerprint);
  return it == notification.alerts.end() ? nullptr : &*it;
}

// What the message shows after `news`. A look at the whole group names or counts all that fires: what it does
// not name is silenced, gone or among the rest. An urgent one speaks only of what is new.
Notification Merged(Notification before, const Notification& news) {
  Notification merged = news;
  for (Alert& alert : before.alerts) {
    const bool stays = news.urgent || alert.state != AlertState::kFiring;
    if (stays && FindIn(news, alert.fingerprint) == nullptr) merged.alerts.push_back(std::move(alert));
  }
  if (news.urgent) merged.more += before.more;
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

bool IsOfTheChannel(std::string_view detail) {
  return detail.ends_with("channel_not_found") || detail.ends_with("not_in_channel") ||
         detail.ends_with("is_archived");
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

SinkTraits SlackBot::traits() const {
  // Channels of the same name are one where the token is the same.
  const std::size_t token = std::hash<std::string>()(options_.token.Reveal() + options_.token_file);
  return {.per_second = 0.95,
          .burst = 3,
          .digest = options_.channel_template ? 1U : 2'000U,
          .names = kNamedInDigest,
          .place = fmt::format("slack bot {:x} {}", token, options_.channel)};
}

void SlackBot::Recall(const std::string& key, const std::string& value) try {
  const json stored = json::parse(value);
  Result<Notification> says = DecodeNotification(stored.at("says").get_ref<const std::string&>());
  if (!says) return;
  Message message{stored.value("channel", ""), stored.value("ts", ""), std::move(*says)};
  // What is over would have been let go if the message said so.
  message.stale = stored.value("stale", false) || Over(message.says);
  open_.insert_or_assign(key, std::move(message));
} catch (const json::exception&) {
  // What is damaged is a message that is not edited any more.
}

Result<void> SlackBot::Prepare(const std::stop_token& stop) {
  stop_ = stop;
  keep_.clear();
  Result<Secret> token = options_.token.empty() ? token_file_.Read() : Result<Secret>(options_.token);
  if (!token) return Failure(token.error());
  token_ = std::move(*token);
  return {};
}

Outcome SlackBot::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  if (ChannelOf(batch.front()).empty()) return {Verdict::kRefused, "'channel' gives none"};
  if (options_.token.empty() && options_.token_file.empty()) return {Verdict::kRefused, "no token is given"};
  if (auto ready = Prepare(stop); !ready)
    return {Verdict::kRetry, ready.error().message, options_.setting_retry};
  if (batch.size() > 1) return OutcomeOf(Digest(batch));
  const auto open = open_.find(batch[0].group_key);
  return OutcomeOf(open == open_.end() ? Begin(batch[0]) : Continue(open, batch[0]));
}

std::optional<Mono> SlackBot::UpkeepDue(Mono now) const {
  const bool any = std::ranges::any_of(open_, [](const auto& open) { return open.second.stale; });
  return any ? std::optional(edits_.NextAt(now)) : std::nullopt;
}

// What is over first, for nothing else will be said of it that could correct it; then the most severe.
Outcome SlackBot::Upkeep(const std::stop_token& stop) {
  if (auto ready = Prepare(stop); !ready)
    return {Verdict::kRetry, ready.error().message, options_.setting_retry};
  const auto open = std::ranges::min_element(open_, {}, [](const auto& candidate) {
    const Message& message = candidate.second;
    return std::tuple(!message.stale, !Over(message.says), MostSevere(message.says));
  });
  if (open == open_.end() || !open->second.stale) return {.verdict = Verdict::kDelivered, .detail = {}};
  SlackAnswer answer = Edit(open->second);
  // Somebody has deleted it. What it would have said was said in its thread or in a digest.
  const bool gone = answer.means == Means::kGone;
  if (gone) answer = {.means = Means::kDone, .detail = {}};
  if (answer.means == Means::kDone || answer.means == Means::kMessage) {
    open->second.stale = false;
    const bool over = gone || Over(open->second.says);
    over ? LetGo(open) : Note(open);
  }
  return OutcomeOf(std::move(answer));
}

Outcome SlackBot::OutcomeOf(SlackAnswer answer) {
  Outcome outcome{Verdict::kRetry, std::move(answer.detail), answer.retry_after};
  if (answer.means == Means::kDone) outcome.verdict = Verdict::kDelivered;
  // A channel that one alert's labels name holds back no message to another.
  const bool its_own = options_.channel_template && IsOfTheChannel(outcome.detail);
  if (answer.means == Means::kMessage || its_own) outcome.verdict = Verdict::kRefused;
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

std::string SlackBot::ChannelOf(const Notification& notification) const {
  if (!options_.channel_template) return options_.channel;
  const TextData data = TemplateData(notification, options_.message.page_url, OneLine);
  return options_.channel_template->Render(data).value_or("");
}

json SlackBot::Place(const Notification& notification) const {
  return {{"channel", ChannelOf(notification)}, {"unfurl_links", false}, {"unfurl_media", false}};
}

SlackAnswer SlackBot::Post(std::span<const Notification> batch) {
  return Say("chat.postMessage", batch, Place(batch.front()));
}

std::vector<ShownMessage> SlackBot::Show(std::span<const Notification> batch, Wall /*now*/) const {
  json message = SlackMessage(batch, options_.message);
  message.update(Place(batch.front()));
  return {ShownSlackMessage(message)};
}

SlackAnswer SlackBot::Edit(const Message& message) {
  edits_.Take(clock_.Now());
  return Say("chat.update", {&message.says, 1}, {{"channel", message.channel}, {"ts", message.ts}});
}

SlackAnswer SlackBot::Reply(const Message& message, const Notification& changes, bool in_channel) {
  json reply = SlackHistoryMessage(changes);
  reply.update({{"channel", message.channel},
                {"thread_ts", message.ts},
                {"unfurl_links", false},
                {"unfurl_media", false}});
  if (in_channel) reply["reply_broadcast"] = true;
  SlackAnswer answer = api_.Call("chat.postMessage", token_, reply, stop_);
  if (answer.means != Means::kMessage) return answer;
  reply.erase("blocks");  // the last resort for what Slack does not take
  reply.update({{"text", WithoutLinks(SlackHistory(changes))}, {"parse", "none"}, {"link_names", false}});
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
      notification.group_key, Message{answer.channel, answer.ts, Merged({}, notification)});
  Note(open);
  return answer;
}

SlackAnswer SlackBot::Continue(Messages::iterator open, const Notification& notification) {
  Message& message = open->second;
  const Notification changes = Changes(message.says, notification);
  const bool news = AnyFiring(changes) || (notification.repeat && AnyFiring(notification));
  SlackAnswer answer = Reply(message, changes, news);
  if (answer.means == Means::kGone) {
    const Notification says = Merged(std::move(message.says), notification);
    LetGo(open);
    return Begin(says);
  }
  if (answer.means != Means::kDone) return answer;
  message.says = Merged(std::move(message.says), notification);
  message.stale = true;
  Note(open);
  return answer;
}

SlackAnswer SlackBot::Digest(std::span<const Notification> batch) {
  SlackAnswer answer = Post(batch);
  if (answer.means != Means::kDone) return answer;
  std::set<std::string> touched;
  for (const Notification& notification : batch) {
    const auto open = open_.find(notification.group_key);
    if (open == open_.end()) continue;
    open->second.says = Merged(std::move(open->second.says), notification);
    open->second.stale = true;
    touched.insert(open->first);
  }
  for (const std::string& group : touched) Note(open_.find(group));
  return answer;
}

void SlackBot::Note(Messages::iterator open) {
  const Message& message = open->second;
  keep_[open->first] = json{{"channel", message.channel},
                            {"ts", message.ts},
                            {"stale", message.stale},
                            {"says", EncodeNotification(message.says)}}
                           .dump();
}

void SlackBot::LetGo(Messages::iterator open) {
  keep_[open->first] = std::nullopt;
  open_.erase(open);
}

}  // namespace loadline::collector

#include "collector/alert/silence.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert/wall_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// What names nothing at all (a="", a=~".*") would silence every alert, a mistake with no way to notice it. All
// but what is named (a!="b") is meant, as in a maintenance of the rest.
bool NamesNothing(const Matchers& matchers) {
  using Op = Matcher::Op;
  return std::ranges::all_of(matchers, [](const Matcher& matcher) {
    return (matcher.op() == Op::kEqual || matcher.op() == Op::kMatches) && matcher.Matches({});
  });
}

bool SameMatchers(const Silence& a, const Silence& b) {
  return MatchersText(a.matchers) == MatchersText(b.matchers);
}

// Clients give back a start with fewer digits than they got.
bool SameSecond(Wall a, Wall b) {
  return std::chrono::floor<std::chrono::seconds>(a) == std::chrono::floor<std::chrono::seconds>(b);
}

// What was already silenced, or would have been, cannot be rewritten.
bool CanChangeInPlace(const Silence& old, const Silence& next, Wall now) {
  if (!SameMatchers(old, next)) return false;
  switch (old.StateAt(now)) {
    case SilenceState::kActive:
      return SameSecond(next.starts_at, old.starts_at) && next.ends_at >= now;
    case SilenceState::kPending:
      return next.starts_at >= now;
    case SilenceState::kExpired:
      return false;
  }
  return false;
}

}  // namespace

const char* Name(SilenceState state) {
  static constexpr const char* kNames[] = {"pending", "active", "expired"};
  return kNames[static_cast<int>(state)];
}

SilenceState Silence::StateAt(Wall now) const {
  if (now < starts_at) return SilenceState::kPending;
  return now < ends_at ? SilenceState::kActive : SilenceState::kExpired;
}

bool Silence::Mutes(const Labels& labels) const {
  const bool own_end =
      LabelValue(labels, "alertname") == kSilenceEnding && LabelValue(labels, kSilenceLabel) == id;
  return !own_end && MatchAll(matchers, labels);
}

Result<std::string> Silences::Set(Silence silence, Wall now, const std::string& random) {
  if (silence.matchers.empty()) return Failure(ErrorKind::kInvalid, "a silence needs a matcher");
  if (NamesNothing(silence.matchers)) {
    return Failure(ErrorKind::kInvalid, "at least one matcher must not match an empty label");
  }
  if (silence.ends_at < silence.starts_at) return Failure(ErrorKind::kInvalid, "it ends before it begins");
  if (silence.ends_at < now) return Failure(ErrorKind::kInvalid, "it ends in the past");
  if (!silence.id.empty()) {
    auto old = silences_.find(silence.id);
    if (old == silences_.end())
      return Failure(ErrorKind::kNotFound, fmt::format("no silence {}", silence.id));
    if (!CanChangeInPlace(old->second, silence, now)) {
      End(old->second, now);
      silence.id.clear();
    }
  }
  if (silence.id.empty()) {
    if (!MakeRoom(now)) return Failure(ErrorKind::kExhausted, "too many silences");
    silence.id = random;
    silence.starts_at = std::max(silence.starts_at, now);  // nothing can be silenced in the past
  }
  if (const Silence* old = Find(silence.id)) silence.has_muted = old->has_muted;
  silence.updated_at = now;
  const std::string id = silence.id;
  silences_.insert_or_assign(id, std::move(silence));
  Change(id);
  return id;
}

Result<void> Silences::Expire(const std::string& id, Wall now) {
  auto it = silences_.find(id);
  if (it == silences_.end()) return Failure(ErrorKind::kNotFound, fmt::format("no silence {}", id));
  Silence& silence = it->second;
  if (silence.StateAt(now) == SilenceState::kExpired) {
    return Failure(ErrorKind::kInvalid, fmt::format("silence {} has already expired", id));
  }
  End(silence, now);
  return {};
}

// Whether there is room for one more. One that has expired is kept for people to see, the longest ago goes first.
bool Silences::MakeRoom(Wall now) {
  if (silences_.size() < kMost) return true;
  const auto oldest =
      std::ranges::min_element(silences_, {}, [](const auto& entry) { return entry.second.ends_at; });
  if (oldest->second.StateAt(now) != SilenceState::kExpired) return false;
  Change(oldest->first);
  silences_.erase(oldest);
  return true;
}

void Silences::NoteMuted(const std::string& id) {
  const auto it = silences_.find(id);
  if (it == silences_.end() || std::exchange(it->second.has_muted, true)) return;
  Change(id);
}

void Silences::Change(const std::string& id) {
  changed_.insert(id);
  ++version_;
}

void Silences::End(Silence& silence, Wall now) {
  if (silence.StateAt(now) == SilenceState::kExpired) return;
  silence.starts_at = std::min(silence.starts_at, now);
  silence.ends_at = now;
  silence.updated_at = now;
  Change(silence.id);
}

std::vector<std::string> Silences::Matching(const Labels& labels, Wall now) const {
  std::vector<std::string> ids;
  for (const auto& [id, silence] : silences_) {
    if (silence.StateAt(now) == SilenceState::kActive && silence.Mutes(labels)) ids.push_back(id);
  }
  return ids;
}

const Silence* Silences::Find(const std::string& id) const {
  auto it = silences_.find(id);
  return it == silences_.end() ? nullptr : &it->second;
}

void Silences::Forget(Wall now, Duration retention) {
  std::erase_if(silences_, [&](const auto& entry) {
    const bool old = now - entry.second.ends_at > retention;
    if (old) Change(entry.first);
    return old;
  });
}

void Silences::Restore(Silence silence) {
  std::string id = silence.id;
  silences_.insert_or_assign(std::move(id), std::move(silence));
  ++version_;
}

std::string EncodeSilence(const Silence& silence) {
  json matchers = json::array();
  for (const Matcher& matcher : silence.matchers) {
    matchers.push_back({matcher.name(), static_cast<int>(matcher.op()), matcher.value()});
  }
  return json{{"matchers", std::move(matchers)},          {"starts_at", ToJson(silence.starts_at)},
              {"ends_at", ToJson(silence.ends_at)},       {"updated_at", ToJson(silence.updated_at)},
              {"created_by", silence.created_by},         {"comment", silence.comment},
              {"until_resolved", silence.until_resolved}, {"has_muted", silence.has_muted}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Silence> DecodeSilence(const std::string& id, std::string_view text) try {
  const json in = json::parse(text);
  Silence silence{.id = id,
                  .matchers = {},
                  .starts_at = WallFrom(in.at("starts_at")),
                  .ends_at = WallFrom(in.at("ends_at")),
                  .updated_at = WallFrom(in.at("updated_at")),
                  .created_by = in.at("created_by").get<std::string>(),
                  .comment = in.at("comment").get<std::string>(),
                  .until_resolved = in.value("until_resolved", false),
                  .has_muted = in.value("has_muted", false)};
  for (const json& stored : in.at("matchers")) {
    Result<Matcher> matcher =
        Matcher::Make(stored.at(0).get<std::string>(), EnumFrom(stored.at(1), Matcher::Op::kMatchesNot),
                      stored.at(2).get<std::string>());
    if (!matcher) return Failure(matcher.error().In("stored silence"));
    silence.matchers.push_back(std::move(*matcher));
  }
  return silence;
} catch (const json::exception& error) {
  return Failure(ErrorKind::kInvalid, fmt::format("stored silence: {}", error.what()));
}

}  // namespace loadline::collector

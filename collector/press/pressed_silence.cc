#include "collector/press/pressed_silence.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <vector>

#include "collector/alert/repair_label.h"
#include "collector/press/button.h"

namespace loadline::collector {
namespace {

// Of one silence; more is a storm, and a person's to think about.
constexpr std::size_t kMostRules = 20;
constexpr std::string_view kComment = "Silenced in Slack";

bool WasTold(const Alert& alert) {
  return alert.state == AlertState::kFiring && std::ranges::any_of(alert.told, [](const auto& told) {
           return told.second.state == AlertState::kFiring;
         });
}

std::vector<const Alert*> Named(std::string_view name, const AlertBook& book,
                                const std::map<std::string, Dispatcher::Group>& groups) {
  std::vector<const Alert*> alerts;
  const auto add = [&](const std::string& fingerprint) {
    const Alert* alert = book.Find(fingerprint);
    if (alert != nullptr && WasTold(*alert)) alerts.push_back(alert);
  };
  const PressedName named = ReadName(name);
  if (!named.group) {
    add(std::string(named.id));
    return alerts;
  }
  for (const auto& [id, group] : groups) {
    if (NameOfGroup(group.key) != named.id) continue;
    for (const std::string& member : group.members) add(member);
  }
  return alerts;
}

Labels Common(const std::vector<const Alert*>& alerts) {
  Labels common = alerts.front()->labels;
  for (const Alert* alert : alerts) {
    std::erase_if(common, [&](const auto& label) {
      const auto found = alert->labels.find(label.first);
      return found == alert->labels.end() || found->second != label.second;
    });
  }
  common.erase("alertname");
  return common;
}

// As an expression that matches it alone.
std::string Literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0 && c != '_') out += '\\';
    out += c;
  }
  return out;
}

Result<Matcher> OfRules(const std::set<std::string>& rules) {
  if (rules.size() == 1) return Matcher::Make("alertname", Matcher::Op::kEqual, *rules.begin());
  std::string any;
  for (const std::string& rule : rules) any += (any.empty() ? "" : "|") + Literal(rule);
  return Matcher::Make("alertname", Matcher::Op::kMatches, std::move(any));
}

// One that lasts as long is as good; one that was pressed can be made longer.
const Silence* Longest(const Silences& silences, const Matchers& matchers, bool pressed, Wall now) {
  const Silence* longest = nullptr;
  const std::string text = MatchersText(matchers);
  for (const auto& [id, silence] : silences.all()) {
    if (silence.StateAt(now) != SilenceState::kActive || silence.until_resolved) continue;
    if (MatchersText(silence.matchers) != text) continue;
    if (pressed && !silence.comment.starts_with(kComment)) continue;
    if (longest == nullptr || silence.ends_at > longest->ends_at) longest = &silence;
  }
  return longest;
}

}  // namespace

Result<Matchers> MatchersOf(std::string_view name, const AlertBook& book,
                            const std::map<std::string, Dispatcher::Group>& groups) {
  const std::vector<const Alert*> alerts = Named(name, book, groups);
  if (alerts.empty())
    return Failure(ErrorKind::kNotFound, "nothing of what this button names fires any more");
  std::set<std::string> rules;
  for (const Alert* alert : alerts) rules.insert(alert->rule);
  if (rules.size() > kMostRules)
    return Failure(ErrorKind::kInvalid, fmt::format("alerts of {} rules fire in this group", rules.size()));
  Result<Matcher> of_rules = OfRules(rules);
  if (!of_rules) return Failure(of_rules.error());
  Matchers matchers{std::move(*of_rules)};
  for (const auto& [label, value] : Common(alerts)) {
    Result<Matcher> matcher = Matcher::Make(label, Matcher::Op::kEqual, value);
    if (!matcher) return Failure(matcher.error());
    matchers.push_back(std::move(*matcher));
  }
  return matchers;
}

Result<PressedSilence> SetSilence(Alerting& alerting, const Press& press, Wall now,
                                  const std::string& random) {
  Result<Matchers> matchers = MatchersOf(press.name, alerting.book(), alerting.dispatcher().groups());
  if (!matchers) return Failure(matchers.error());
  const Silences& silences = alerting.mutes().silences();
  const Wall until = now + press.lasts;
  const Silence* there = Longest(silences, *matchers, false, now);
  if (there != nullptr && there->ends_at >= until) return PressedSilence{.silence = *there};
  Silence silence{.matchers = std::move(*matchers), .starts_at = now};
  if (const Silence* pressed = Longest(silences, silence.matchers, true, now)) silence = *pressed;
  silence.ends_at = until;
  silence.created_by = press.Who();
  silence.comment =
      press.channel.empty() ? std::string(kComment) : fmt::format("{}, {}", kComment, press.channel);
  Result<std::string> id = alerting.SetSilence(std::move(silence), now, random);
  if (!id) return Failure(id.error());
  return PressedSilence{.silence = *silences.Find(*id), .news = true};
}

const Alert* AskingFor(std::string_view step_id, const AlertsShown& shown) {
  for (const auto& alert : shown.alerts()) {
    const bool asks = alert->rule == kRepairAsked && alert->state == AlertState::kFiring && !alert->posted;
    if (asks && LabelValue(alert->labels, kRepairLabel) == step_id) return alert.get();
  }
  return nullptr;
}

}  // namespace loadline::collector

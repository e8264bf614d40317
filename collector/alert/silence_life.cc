#include "collector/alert/silence_life.h"

#include <algorithm>
#include <map>
#include <set>

namespace loadline::collector {
namespace {

// A mass of silences that end together is one piece of news to whoever made them.
constexpr std::size_t kMostEnding = 20;

template <typename Use>
void ForEachThatFires(const AlertBook& book, Use use) {
  for (const auto& [fingerprint, alert] : book.alerts()) {
    if (alert.state == AlertState::kFiring) use(alert, RoutedLabels(alert));
  }
}

bool AnyFires(const Silence& silence, const AlertBook& book) {
  return std::ranges::any_of(book.alerts(), [&](const auto& entry) {
    return entry.second.state == AlertState::kFiring && silence.Mutes(RoutedLabels(entry.second));
  });
}

std::vector<const Silence*> UntilResolved(const Silences& silences, Wall now) {
  std::vector<const Silence*> found;
  for (const auto& [id, silence] : silences.all()) {
    if (silence.until_resolved && silence.StateAt(now) != SilenceState::kExpired) found.push_back(&silence);
  }
  return found;
}

bool EndsSoon(const Silence& silence, Duration within, Wall now) {
  if (silence.StateAt(now) != SilenceState::kActive) return false;
  return silence.ends_at - now <= std::min(within, (silence.ends_at - silence.starts_at) / 4);
}

// What a matcher says of all that matches.
Labels Common(const Matchers& matchers) {
  Labels labels;
  for (const Matcher& matcher : matchers) {
    const bool own = matcher.name() == "alertname" || matcher.name() == "severity";
    if (matcher.op() == Matcher::Op::kEqual && !matcher.value().empty() && !own)
      labels[matcher.name()] = matcher.value();
  }
  return labels;
}

}  // namespace

void EndWithTheirAlerts(Silences& silences, std::span<const Transition> transitions, const AlertBook& book,
                        Wall now) {
  if (transitions.empty()) return;
  std::set<std::string> perhaps_over;
  for (const Silence* silence : UntilResolved(silences, now)) {
    for (const Transition& transition : transitions) {
      const Alert* alert = book.Find(transition.fingerprint);
      if (alert == nullptr || !silence->Mutes(RoutedLabels(*alert))) continue;
      if (transition.what == Transition::What::kFired) silences.NoteMuted(silence->id);
      if (transition.what == Transition::What::kResolved) perhaps_over.insert(silence->id);
    }
  }
  for (const std::string& id : perhaps_over) {
    const Silence* silence = silences.Find(id);
    if (silence->has_muted && !AnyFires(*silence, book)) (void)silences.Expire(id, now);
  }
}

void NoteWhatFires(Silences& silences, const std::string& id, const AlertBook& book) {
  const Silence* silence = silences.Find(id);
  if (silence != nullptr && silence->until_resolved && AnyFires(*silence, book)) silences.NoteMuted(id);
}

std::vector<EndingSilence> EndingSilences(const Silences& silences, const AlertBook& book, Duration within,
                                          Wall now) {
  std::vector<const Silence*> soon;
  for (const auto& [id, silence] : silences.all()) {
    if (EndsSoon(silence, within, now)) soon.push_back(&silence);
  }
  if (soon.empty()) return {};
  std::ranges::sort(soon, {},
                    [](const Silence* silence) { return std::pair(silence->ends_at, silence->id); });
  std::vector<std::pair<EndingSilence, Severity>> found;
  for (const Silence* silence : soon) {
    found.push_back({{.id = silence->id,
                      .matchers = MatchersText(silence->matchers),
                      .created_by = silence->created_by,
                      .comment = silence->comment,
                      .ends_at = silence->ends_at,
                      .labels = Common(silence->matchers),
                      .muted = 0,
                      .first = {}},
                     Severity::kSev4});
    if (found.size() == kMostEnding) break;
  }
  ForEachThatFires(book, [&](const Alert& alert, const Labels& labels) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto& [ending, severity] = found[i];
      if (!soon[i]->Mutes(labels)) continue;
      if (ending.muted++ == 0 || alert.severity < severity) {
        ending.first = alert.rule;
        severity = alert.severity;
      }
    }
  });
  std::vector<EndingSilence> ending;
  for (auto& [one, severity] : found) {
    if (one.muted > 0) ending.push_back(std::move(one));
  }
  return ending;
}

}  // namespace loadline::collector

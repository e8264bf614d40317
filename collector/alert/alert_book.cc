#include "collector/alert/alert_book.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using What = Transition::What;

// A wall clock that was set back must not make anything wait for the time it lost.
void ForgetTheFuture(Alert& alert, Wall now) {
  alert.since = std::min(alert.since, now);
  if (alert.gone_since) alert.gone_since = std::min(*alert.gone_since, now);
}

// Whose agent it rests on: T is a condition or an alert. Empty: nobody's alone.
template <typename T>
const std::string& ToldBy(const T& what) {
  if (!what.told_by.empty()) return what.told_by;
  const auto label = what.labels.find("node");
  return label != what.labels.end() ? label->second : what.node;
}

bool SomebodyBelievesItFires(const Alert& alert) {
  return std::ranges::any_of(alert.told,
                             [](const auto& told) { return told.second.state == AlertState::kFiring; });
}

// `further`: what is known of it beside its condition.
void Describe(Alert& alert, const Condition& what, const std::string& further = {}) {
  alert.severity = what.severity;
  alert.summary = what.summary + further;
  alert.reason = what.reason;
  alert.graph = what.graph;
  alert.runbook = what.runbook;
  alert.node = what.node;
  alert.told_by = what.told_by;
  alert.urgent = what.urgent;
  alert.hold = what.hold;
  alert.keep = what.keep;
}

}  // namespace

std::vector<Transition> AlertBook::Update(std::span<const Condition> conditions,
                                          std::span<const Happening> happenings, Wall now) {
  Transitions out;
  for (const Happening& happening : happenings) Happen(happening, now, out);
  std::unordered_set<std::string> holding;
  for (const Condition& condition : conditions) {
    // Detectors that say the same thing twice in one breath are heard once.
    if (holding.insert(Fingerprint(condition.rule, condition.labels)).second) Hold(condition, now, out);
  }
  if (grace_until_ && now >= *grace_until_) grace_until_.reset();
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    Alert& alert = it->second;
    ForgetTheFuture(alert, now);
    if (!alert.posted && !holding.contains(it->first)) Absent(alert, now);
    if (alert.posted && alert.state == AlertState::kFiring && alert.posted->ends_at <= now)
      Resolve(alert, now, out);
    it = Expire(alert, now, out) ? alerts_.erase(it) : std::next(it);
  }
  Forget(now);
  CountOpen();
  std::erase_if(refused_of_,
                [&](const auto& entry) { return entry.second.last < now - options_.forget_resolved; });
  return out;
}

std::vector<Transition> AlertBook::Happened(std::span<const Happening> happenings, Wall now) {
  Transitions out;
  for (const Happening& happening : happenings) Happen(happening, now, out);
  return out;
}

// In a book made small less is kept.
std::size_t AlertBook::MostOfOthers() const {
  return options_.max_alerts - std::min(options_.kept_for_own, options_.max_alerts / 5);
}

void AlertBook::CountOpen() {
  open_of_.clear();
  for (const auto& [fingerprint, alert] : alerts_) {
    if (alert.state != AlertState::kResolved && !alert.posted) ++open_of_[ToldBy(alert)];
  }
}

// Whether the node that tells of it has its share of the book.
bool AlertBook::Spent(const Condition& what, Wall now) {
  const std::string& node = ToldBy(what);
  if (what.own || node.empty()) return false;
  const auto open = open_of_.find(node);
  if (open == open_of_.end() || open->second < options_.max_of_a_node) return false;
  Refused& refused = refused_of_[node];
  ++refused.count;
  refused.last = now;
  return true;
}

// The alert of this condition, made if need be; nothing when the book is full.
Alert* AlertBook::Admit(const Condition& what, Wall now) {
  std::string fingerprint = Fingerprint(what.rule, what.labels);
  if (auto it = alerts_.find(fingerprint); it != alerts_.end()) return &it->second;
  const std::size_t most = what.own ? options_.max_alerts : MostOfOthers();
  if (alerts_.size() >= most) Forget(now);
  if (alerts_.size() >= most) {
    ++refused_;
    return nullptr;
  }
  Alert& alert = alerts_[fingerprint];
  alert.fingerprint = std::move(fingerprint);
  alert.rule = what.rule;
  alert.labels = what.labels;
  alert.state = AlertState::kResolved;  // of an episode that never was: Begin starts the first
  ++resolved_count_;
  return &alert;
}

void AlertBook::Begin(Alert& alert, const Condition& what, Wall since, Transitions& out) {
  Describe(alert, what);
  if (alert.state == AlertState::kResolved) --resolved_count_;
  alert.state = AlertState::kPending;
  alert.since = since;
  alert.gone_since.reset();
  alert.fired.reset();
  alert.resolved.reset();
  alert.occurrences = 1;
  Change(alert.fingerprint);
  if (what.hold > Duration::zero()) out.push_back({alert.fingerprint, What::kPending});
}

// As Admit, of our own alerts: nothing, too, for what is new of a node that has its share.
Alert* AlertBook::AdmitOwn(const Condition& what, Wall now) {
  const Alert* known = Find(Fingerprint(what.rule, what.labels));
  const bool open = known != nullptr && known->state != AlertState::kResolved;
  if (!open && Spent(what, now)) {
    ++refused_;
    return nullptr;
  }
  Alert* alert = Admit(what, now);
  if (alert != nullptr && !open) ++open_of_[ToldBy(what)];
  return alert;
}

void AlertBook::Hold(const Condition& what, Wall now, Transitions& out) {
  Alert* alert = AdmitOwn(what, now);
  if (!alert) return;
  if (alert->state == AlertState::kResolved) {
    Begin(*alert, what, now, out);
  } else {
    // Words that change with every reading are not worth a write each; a severity is.
    if (alert->severity != what.severity || alert->gone_since) Change(alert->fingerprint);
    if (alert->calm) {
      NoteBegin(*alert, now, options_.flapping);
      out.push_back({alert->fingerprint, What::kAgain});
    }
    const std::string further = FlapWords(*alert, now, options_.flapping);
    if (alert->summary != what.summary + further || alert->reason != what.reason ||
        alert->graph != what.graph || alert->runbook != what.runbook || alert->posted)
      touched_.insert(alert->fingerprint);
    Describe(*alert, what, further);
    alert->gone_since.reset();
  }
  alert->posted.reset();  // it is ours now
  if (alert->state == AlertState::kPending && now - alert->since >= what.hold) Fire(*alert, now, out);
}

void AlertBook::Happen(const Happening& happening, Wall now, Transitions& out) {
  Alert* alert = AdmitOwn(happening.what, now);
  if (!alert) return;
  if (alert->state == AlertState::kFiring) {
    ++alert->occurrences;
    if (alert->calm) NoteBegin(*alert, now, options_.flapping);
    Describe(*alert, happening.what, FlapWords(*alert, now, options_.flapping));
    out.push_back({alert->fingerprint, What::kAgain});
  } else {
    Condition at_once = happening.what;
    at_once.hold = Duration::zero();
    Begin(*alert, at_once, std::min(happening.at, now), out);
    alert->posted.reset();  // it is ours now
    Fire(*alert, now, out);
  }
  alert->gone_since = now;
  Change(alert->fingerprint);
}

std::vector<Transition> AlertBook::Post(std::span<const Posting> postings, Wall now) {
  Transitions out;
  std::size_t posted = OpenPosted();
  for (const Posting& posting : postings) posted += Post(posting, posted >= options_.max_posted, now, out);
  return out;
}

// Those who post may post thousands: counted once for all of them.
std::size_t AlertBook::OpenPosted() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      alerts_, [](const auto& entry) { return entry.second.posted && !entry.second.resolved; }));
}

// Whether there is one more that is open.
bool AlertBook::Post(const Posting& posting, bool full, Wall now, Transitions& out) {
  const Condition what = ConditionOf(posting);
  const Alert* known = Find(Fingerprint(what.rule, what.labels));
  const bool open = known != nullptr && known->state != AlertState::kResolved;
  if (open && !known->posted) {
    ++posted_as_ours_;
    return false;
  }
  const bool ended = posting.ends_at <= now;
  if (!open && ended) return false;  // the end of what was never heard of
  if (!open && full) {
    ++refused_;
    return false;
  }
  Alert* alert = Admit(what, now);
  if (!alert) return false;
  const Wall since = std::min(posting.starts_at, now);
  alert->posted = Posted{posting.annotations, posting.generator_url, posting.ends_at};
  if (open) {
    Describe(*alert, what);
    alert->since = std::min(alert->since, since);
  } else {
    Begin(*alert, what, since, out);
    Fire(*alert, now, out);
  }
  Change(alert->fingerprint);
  if (ended) Resolve(*alert, now, out);
  return !open;
}

void AlertBook::Change(const std::string& fingerprint) {
  changed_.insert(fingerprint);
  touched_.insert(fingerprint);
}

void AlertBook::Fire(Alert& alert, Wall now, Transitions& out) {
  alert.state = AlertState::kFiring;
  alert.fired = now;
  if (!alert.posted) {
    NoteBegin(alert, now, options_.flapping);
    alert.summary += FlapWords(alert, now, options_.flapping);
  }
  Change(alert.fingerprint);
  out.push_back({alert.fingerprint, What::kFired});
}

void AlertBook::Absent(Alert& alert, Wall now) {
  if (grace_until_ || unproven_.contains(alert.rule)) return;
  if (alert.gone_since || alert.state == AlertState::kResolved) return;
  alert.gone_since = now;
  Change(alert.fingerprint);
}

// True when the alert is to be erased.
bool AlertBook::Expire(Alert& alert, Wall now, Transitions& out) {
  if (alert.state == AlertState::kResolved || !alert.gone_since) return false;
  if (alert.state == AlertState::kPending) return Drop(alert, out);
  const Duration gone = now - *alert.gone_since;
  if (gone < alert.keep) return false;
  if (gone >= options_.flapping.Calm() || !Flaps(alert, now, options_.flapping)) {
    Resolve(alert, now, out);
  } else if (!alert.calm) {
    Calm(alert, out);
  }
  return false;
}

// What it was before it was pending, it is again: somebody may have yet to hear of that end, and it counts when it
// flaps. True when it was nothing.
bool AlertBook::Drop(Alert& alert, Transitions& out) {
  Change(alert.fingerprint);
  out.push_back({alert.fingerprint, What::kDropped});
  if (alert.began.empty() && !SomebodyBelievesItFires(alert)) return true;
  alert.state = AlertState::kResolved;
  alert.fired = alert.began.empty() ? alert.since : alert.began.back();
  alert.resolved = alert.since;
  ++resolved_count_;
  return false;
}

void AlertBook::Calm(Alert& alert, Transitions& out) {
  alert.calm = true;
  alert.reason += fmt::format(" Gone since {:%Y-%m-%d %H:%M:%S} UTC; it ends when it stays away for {}.",
                              std::chrono::floor<std::chrono::seconds>(*alert.gone_since),
                              FormatSeconds(Seconds(options_.flapping.Calm())));
  Change(alert.fingerprint);
  out.push_back({alert.fingerprint, What::kCalm});
}

void AlertBook::Resolve(Alert& alert, Wall now, Transitions& out) {
  alert.state = AlertState::kResolved;
  alert.resolved = now;
  alert.calm = false;
  ++resolved_count_;
  Change(alert.fingerprint);
  out.push_back({alert.fingerprint, What::kResolved});
}

// Lets go of resolved alerts that are old or too many, oldest first.
void AlertBook::Forget(Wall now) {
  if (resolved_count_ == 0) return;
  const bool full = alerts_.size() >= MostOfOthers();
  std::vector<std::tuple<bool, Wall, std::string>> resolved;
  for (const auto& [fingerprint, alert] : alerts_) {
    if (alert.resolved) resolved.emplace_back(SomebodyBelievesItFires(alert), *alert.resolved, fingerprint);
  }
  // A full book halves them, so that the next many newcomers need not look again.
  const std::size_t most = full ? resolved.size() / 2 : options_.max_resolved;
  std::sort(resolved.begin(), resolved.end());
  std::size_t left = resolved.size();
  for (const auto& [to_be_told, at, fingerprint] : resolved) {
    const bool too_many = left > most && (full || !to_be_told);
    if (!too_many && now - at < options_.forget_resolved) continue;
    alerts_.erase(fingerprint);
    Change(fingerprint);
    --resolved_count_;
    --left;
  }
}

std::optional<Wall> AlertBook::NextDue() const {
  std::optional<Wall> due;
  for (const auto& [fingerprint, alert] : alerts_) {
    std::optional<Wall> own;
    if (alert.state == AlertState::kPending) own = alert.since + alert.hold;
    if (alert.state == AlertState::kFiring && alert.gone_since)
      own = *alert.gone_since + (alert.calm ? std::max(alert.keep, options_.flapping.Calm()) : alert.keep);
    if (alert.state == AlertState::kFiring && alert.posted) own = alert.posted->ends_at;
    if (own && (!due || *own < *due)) due = own;
  }
  return due;
}

const Alert* AlertBook::Find(const std::string& fingerprint) const {
  auto it = alerts_.find(fingerprint);
  return it == alerts_.end() ? nullptr : &it->second;
}

void AlertBook::MarkTold(const std::string& fingerprint, const std::string& whom, Told told) {
  auto it = alerts_.find(fingerprint);
  if (it == alerts_.end()) return;
  it->second.told[whom] = told;
  Change(fingerprint);
}

void AlertBook::Restore(Alert alert, Wall now) {
  grace_until_ = now + options_.restart_grace;
  if (alert.state == AlertState::kResolved) {
    ++resolved_count_;
  } else if (!alert.posted) {
    ++open_of_[ToldBy(alert)];
  }
  if (alert.posted) alert.posted->ends_at = std::max(alert.posted->ends_at, now + options_.posted_grace);
  std::string fingerprint = alert.fingerprint;
  touched_.insert(fingerprint);
  alerts_.insert_or_assign(std::move(fingerprint), std::move(alert));
}

}  // namespace loadline::collector

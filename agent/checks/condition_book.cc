#include "agent/checks/condition_book.h"

#include <algorithm>

#include "schemas/base/printable.h"

namespace loadline::agent {
namespace {

wire::HealthEvent EventOf(const Looked& looked, const Judgement& judgement) {
  return {.source = looked.source,
          .condition = judgement.condition,
          .reason = judgement.reason,
          .message = Cut(Spaced(judgement.message), ConditionBook::kMostMessage),
          .ended = judgement.health == Health::kGood};
}

}  // namespace

const char* Name(Health health) {
  switch (health) {
    case Health::kGood:
      return "good";
    case Health::kBad:
      return "bad";
    case Health::kUnknown:
      break;
  }
  return "unknown";
}

void ConditionBook::Expect(const std::string& source, const std::string& condition,
                           const std::string& reason) {
  conditions_[{source, condition}].causes.try_emplace(reason);
}

std::vector<wire::HealthEvent> ConditionBook::Take(const Looked& looked, Mono now, Wall wall) {
  std::vector<wire::HealthEvent> told;
  for (const Judgement& judgement : looked.judgements) {
    if (judgement.condition.empty()) {
      if (judgement.health == Health::kBad) told.push_back(EventOf(looked, judgement));
      continue;
    }
    Kept& kept = conditions_[{looked.source, judgement.condition}];
    if (judgement.health == Health::kBad) {
      TakeBad(looked, judgement, kept, told);
    } else if (judgement.health == Health::kGood) {
      TakeGood(looked, judgement, kept, told);
    } else {
      Cause& cause = kept.causes[judgement.reason];
      cause.bad = cause.good = {};
    }
  }
  const std::int64_t at_ns = (wall - (now - looked.at)).time_since_epoch().count();
  for (wire::HealthEvent& event : told) event.at_ns = at_ns;
  return told;
}

void ConditionBook::TakeBad(const Looked& looked, const Judgement& judgement, Kept& kept,
                            std::vector<wire::HealthEvent>& told) {
  Cause& cause = kept.causes[judgement.reason];
  cause.good = {};
  cause.is_good = false;
  cause.bad.Add(looked.at);
  const bool same_twice = std::exchange(cause.subject_before, judgement.subject) == judgement.subject;
  if (!looked.at_once && (cause.bad.looks < kLooks || looked.at - cause.bad.since < looked.hold)) return;
  const bool anew = cause.told && judgement.subject != cause.subject_told && same_twice &&
                    looked.at - cause.told_at >= kRetell;
  if (cause.told && !anew) return;
  cause.told = true;
  cause.told_at = looked.at;
  cause.subject_told = judgement.subject;
  kept.end_told = false;
  told.push_back(EventOf(looked, judgement));
}

void ConditionBook::TakeGood(const Looked& looked, const Judgement& judgement, Kept& kept,
                             std::vector<wire::HealthEvent>& told) {
  Cause& cause = kept.causes[judgement.reason];
  cause.bad = {};
  cause.good.Add(looked.at);
  if (!looked.at_once && (cause.good.looks < kLooks || looked.at - cause.good.since < kWell)) return;
  cause.is_good = true;
  cause.told = false;
  if (kept.end_told) return;
  if (!std::ranges::all_of(kept.causes, [](const auto& one) { return one.second.is_good; })) return;
  kept.end_told = true;
  told.push_back(EventOf(looked, judgement));
}

}  // namespace loadline::agent

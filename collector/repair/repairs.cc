#include "collector/repair/repairs.h"

#include <optional>
#include <utility>
#include <vector>

namespace loadline::collector {
namespace {

std::optional<StepEnd> EndOf(OrderState state) {
  switch (state) {
    case OrderState::kNotBegun:
      return StepEnd::kNotBegun;
    case OrderState::kUnderWay:
      return std::nullopt;
    case OrderState::kDone:
      return StepEnd::kDone;
    case OrderState::kFailed:
      return StepEnd::kFailed;
    case OrderState::kUnclear:
      return StepEnd::kUnclear;
  }
  return StepEnd::kUnclear;
}

}  // namespace

Result<void> Repairs::Recover(Wall now) {
  const auto entries = journal_.Load();
  if (!entries) return Failure(entries.error().In("reading the repairs under way"));
  for (const auto& [key, bytes] : *entries) {
    Result<RepairCase> repair = LoadCase(bytes);
    if (repair && repair->Key() == key) {
      repairer_.Restore(std::move(*repair), now);
    } else {
      ++left_out_;
    }
  }
  return {};
}

Repairer::Outcome Repairs::Step(const Fleet& fleet, Wall now) {
  HearOf(now);
  Repairer::Outcome outcome = repairer_.Step(fleet, now);
  if (!Write(outcome.changed)) {
    repairer_.Undo(outcome);
    outcome.intents.clear();
    return outcome;
  }
  for (const RepairIntent& intent : outcome.intents) {
    if (intent.mode != RepairMode::kAuto) continue;
    executor_.Begin(intent);
  }
  return outcome;
}

// How orders ended, and what became of those that another process gave.
void Repairs::HearOf(Wall now) {
  std::vector<std::pair<std::string, OrderNews>> all;
  for (const auto& [_, repair] : repairer_.cases()) {
    if (!repair.open() || !repair.real() || repair.state != StepState::kOrdered) continue;
    all.emplace_back(repair.OrderId(), executor_.Look(repair));
  }
  for (const auto& [id, news] : all) {
    if (const auto end = EndOf(news.state)) repairer_.Ended(id, *end, news.detail, now);
  }
}

Result<void> Repairs::Write(const std::vector<Repairer::Change>& changes) {
  if (changes.empty()) return {};
  std::vector<RepairJournal::Entry> entries;
  entries.reserve(changes.size());
  for (const auto& [key, repair] : changes)
    entries.emplace_back(key, repair ? SaveCase(*repair) : std::string());
  Result<void> written = journal_.Write(entries);
  if (!written) ++failed_writes_;
  return written;
}

Result<void> Repairs::Approve(std::string_view order_id, const std::string& who, Wall now) {
  const Result<Repairer::Outcome> decided = repairer_.Approve(order_id, who, now);
  return decided ? Keep(*decided) : Failure(decided.error());
}

Result<void> Repairs::Refuse(std::string_view order_id, const std::string& who, Wall now) {
  const Result<Repairer::Outcome> decided = repairer_.Refuse(order_id, who, now);
  return decided ? Keep(*decided) : Failure(decided.error());
}

Result<void> Repairs::Keep(const Repairer::Outcome& decided) {
  Result<void> written = Write(decided.changed);
  if (!written) repairer_.Undo(decided);
  return written;
}

}  // namespace loadline::collector

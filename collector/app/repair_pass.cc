#include "collector/app/repair_pass.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "collector/fleet/fleet.h"
#include "collector/repair/recorded_first.h"

namespace loadline::collector {
namespace {

// "cordon node web-2"
std::string Doing(RepairStep step, const std::string& node) {
  if (step == RepairStep::kRestartAgent) return fmt::format("restart the agent of node {}", node);
  if (step == RepairStep::kPage) return fmt::format("page a person about node {}", node);
  return fmt::format("{} node {}", Name(step), node);
}

bool IsOver(StepState state) {
  return state == StepState::kDone || state == StepState::kFailed || state == StepState::kUnclear ||
         state == StepState::kRefused;
}

std::string WithDetail(std::string text, const std::string& detail) {
  return detail.empty() ? text : text + ": " + detail;
}

}  // namespace

Result<std::vector<RepairJournal::Entry>> RepairBlobs::Load() {
  Result<std::vector<Blob>> blobs = store_.Scan(kSpace);
  if (!blobs) return Failure(blobs.error());
  std::vector<Entry> entries;
  for (Blob& blob : *blobs) entries.emplace_back(std::move(blob.key), std::move(blob.value));
  return entries;
}

Result<void> RepairBlobs::Write(const std::vector<Entry>& changes) {
  std::vector<Blob> blobs;
  blobs.reserve(changes.size());
  for (const auto& [key, bytes] : changes) blobs.push_back({kSpace, key, bytes});
  return store_.Put(blobs, clock_.WallNow());
}

void Paging::Begin(const RepairIntent& order) {
  if (order.step != RepairStep::kPage) acts_->Begin(order);
}

OrderNews Paging::Look(const RepairCase& repair) {
  if (repair.step == RepairStep::kPage) return {OrderState::kDone, ""};
  return acts_->Look(repair);
}

RepairPass::RepairPass(Store& store, const Clock& clock, RepairChoice choice,
                       std::unique_ptr<RepairExecutor> executor, Leadership* lead)
    : clock_(clock),
      started_(clock.WallNow()),
      began_(clock.Now()),
      unanswered_is_gone_(choice.unanswered_is_gone),
      drain_before_events_(choice.drain_before_events),
      lead_(lead),
      journal_(store, clock),
      executor_(std::make_unique<RecordedFirst>(lead, std::move(executor))),
      repairs_(std::move(choice.options), journal_, executor_) {}

Result<void> RepairPass::Recover() {
  auto recovered = repairs_.Recover(Now());
  if (repairs_.left_out() > 0)
    spdlog::warn("{} saved repairs cannot be read, and are left out", repairs_.left_out());
  for (const auto& [key, repair] : repairer().cases())
    reported_[key] = {repair.OrderId(), repair.state, repair.closed.has_value()};
  return recovered;
}

Fleet RepairPass::Look(const Model& model, const Judge& judge, const ClusterSource& cluster) const {
  Fleet fleet = FleetOf(model, judge, cluster, clock_.WallNow());
  if (lead_ != nullptr) fleet.stand_by = lead_->StandingBy();
  if (drain_before_events_) TakeAnnouncedForTrouble(fleet);
  if (unanswered_is_gone_) TakeUnansweredForGone(fleet, judge);
  return fleet;
}

void RepairPass::TakeOver(const Fleet& fleet) {
  if (lead_ == nullptr) return;
  const bool ours = !fleet.stand_by;
  if (ours && !took_over_) {
    repairs_.Learn(lead_->Recorded(), Now());
    // Whoever made them has reported them.
    for (const auto& [key, repair] : repairer().cases())
      reported_.try_emplace(key, repair.OrderId(), repair.state, repair.closed.has_value());
  }
  took_over_ = ours;
}

void RepairPass::Record(const Fleet& fleet) {
  if (lead_ != nullptr && !fleet.stand_by) lead_->Record(repairer().Recorded(Now()));
}

std::vector<HappeningView> RepairPass::Step(const Model& model, const Judge& judge,
                                            const ClusterSource& cluster) {
  const Fleet fleet = Look(model, judge, cluster);
  TakeOver(fleet);
  const Repairer::Outcome outcome = repairs_.Step(fleet, Now());
  Record(fleet);
  std::vector<HappeningView> happenings;
  ReportStandBy(fleet.stand_by, happenings);
  ReportEnds(happenings);
  for (const RepairIntent& intent : outcome.intents) ReportIntent(intent, happenings);
  ReportStorm(outcome.storm, happenings);
  LogHeld(outcome.held);
  return happenings;
}

Result<void> RepairPass::Approve(const std::string& order_id, const std::string& who) {
  auto approved = repairs_.Approve(order_id, who, Now());
  if (approved) spdlog::info("repair step {} was approved by {}", order_id, who);
  return approved;
}

Result<void> RepairPass::Refuse(const std::string& order_id, const std::string& who) {
  auto refused = repairs_.Refuse(order_id, who, Now());
  if (refused) spdlog::info("repair step {} was refused by {}", order_id, who);
  return refused;
}

// ---- what is reported

HappeningView RepairPass::Said(const char* kind, const std::string& node, std::string text) const {
  spdlog::info("{}", text);
  return {clock_.WallNow(), kind, "", node, std::move(text)};
}

void RepairPass::ReportIntent(const RepairIntent& intent, std::vector<HappeningView>& into) {
  const std::string doing = fmt::format("{}: {}", Doing(intent.step, intent.node), intent.reason);
  if (intent.mode == RepairMode::kDryRun) {
    Count(intent.step, intent.mode, "said");
    into.push_back(Said("repair_dry_run", intent.node, "dry run: would " + doing));
  } else if (intent.mode == RepairMode::kAsk) {
    Count(intent.step, intent.mode, "asked");
    into.push_back(
        Said("repair_asked", intent.node, fmt::format("approval needed: {} ({})", doing, intent.id)));
  } else {
    Count(intent.step, intent.mode, "ordered");
    into.push_back(Said("repair_ordered", intent.node, "repair: " + doing));
  }
}

// How steps went that others carry out or decide about, each once.
void RepairPass::ReportEnds(std::vector<HappeningView>& into) {
  std::erase_if(reported_, [this](const auto& one) { return !repairer().cases().contains(one.first); });
  for (const auto& [key, repair] : repairer().cases()) {
    if (!repair.real()) continue;
    const std::tuple now{repair.OrderId(), repair.state, repair.closed.has_value()};
    const auto before = std::exchange(reported_[key], now);
    if (before == now) continue;
    const bool closes = repair.closed && !std::get<bool>(before);
    if (closes) {
      into.push_back(Said("repair_ended", repair.node,
                          WithDetail(fmt::format("repair of node {} is over", repair.node), repair.detail)));
    } else if (IsOver(repair.state) && repair.step != RepairStep::kPage) {
      Count(repair.step, repair.mode, Name(repair.state));
      into.push_back(
          Said("repair_step", repair.node,
               WithDetail(fmt::format("repair: {}: {}", Doing(repair.step, repair.node), Name(repair.state)),
                          repair.detail)));
    }
  }
}

void RepairPass::ReportStorm(bool storm, std::vector<HappeningView>& into) {
  if (std::exchange(storm_, storm) == storm) return;
  into.push_back(Said("repair_storm", "",
                      storm ? "too many nodes fell ill at once: no repair is begun"
                            : "no node has fallen ill for a while: repairs are begun again"));
}

// Who repairs is news when it changes; that the first moments do not know it yet is none.
void RepairPass::ReportStandBy(const std::optional<StandBy>& standing, std::vector<HappeningView>& into) {
  const std::optional<StandBy> before = std::exchange(stand_by_, standing);
  const bool elsewhere = standing && standing->elsewhere;
  if (elsewhere && (!before || before->words != standing->words))
    into.push_back(Said("repair_stand_by", "", fmt::format("repair stands by: {}", standing->words)));
  if (!standing && before && before->elsewhere)
    into.push_back(Said("repair_stand_by", "", "repair: this collector repairs here now"));
}

// Once for each reason of a node.
void RepairPass::LogHeld(const std::vector<HeldBack>& held) {
  std::map<std::string, Waiting> now;
  for (const HeldBack& one : held) {
    const auto before = held_.find(one.node);
    if (before == held_.end() || before->second.for_now.why != one.why)
      spdlog::info("repair of node {} is held back ({}): {}", one.node, Name(one.why), one.words);
    now.emplace(one.node, Waiting{one, before != held_.end() ? before->second.since : Now()});
  }
  held_ = std::move(now);
}

void RepairPass::Count(RepairStep step, RepairMode mode, const char* outcome) {
  ++counts_[{step, mode, outcome}];
}

// ---- what is shown

RepairView RepairPass::ViewOf(const RepairCase& repair) const {
  RepairView view{.id = repair.OrderId(),
                  .node = repair.node,
                  .pool = repair.pool,
                  .zone = repair.zone,
                  .mode = Name(repair.mode),
                  .trouble = Name(repair.trouble),
                  .step = Name(repair.step),
                  .state = Name(repair.state),
                  .reason = repair.reason,
                  .detail = repair.detail,
                  .told = repair.told,
                  .since = Shown(repair.at),
                  .opened = Shown(repair.opened)};
  if (repair.closed) view.closed = Shown(*repair.closed);
  return view;
}

RepairsView RepairPass::View() const {
  RepairsView view{.enabled = true, .storm = storm_};
  if (stand_by_) view.stand_by = stand_by_->words;
  std::map<std::string, Waiting> held = held_;
  for (const auto& [_, repair] : repairer().cases()) {
    RepairView one = ViewOf(repair);
    if (repair.open()) {
      if (const auto found = held.find(repair.node); found != held.end()) {
        one.held_by = Name(found->second.for_now.why);
        one.held = found->second.for_now.words;
        held.erase(found);
      }
    }
    view.repairs.push_back(std::move(one));
  }
  // Of these nothing was begun.
  for (const auto& [node, waiting] : held) {
    const HeldBack& why = waiting.for_now;
    view.repairs.push_back({.node = node,
                            .pool = why.pool,
                            .mode = Name(repairer().options().ModeOf(why.pool)),
                            .trouble = Name(why.trouble),
                            .step = why.step ? Name(*why.step) : "",
                            .state = "waiting",
                            .held_by = Name(why.why),
                            .held = why.words,
                            .since = Shown(waiting.since)});
  }
  std::ranges::sort(view.repairs, [](const RepairView& a, const RepairView& b) {
    if (a.closed.has_value() != b.closed.has_value()) return !a.closed;
    return std::tie(b.since, a.node) < std::tie(a.since, b.node);
  });
  for (const auto& [key, count] : counts_) {
    const auto& [step, mode, outcome] = key;
    view.steps.push_back({Name(step), Name(mode), outcome, count});
  }
  return view;
}

}  // namespace loadline::collector

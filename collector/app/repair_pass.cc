#include "collector/app/repair_pass.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "collector/app/fleet.h"

namespace loadline::collector {
namespace {

const char* Doing(RepairStep step) {
  if (step == RepairStep::kRestartAgent) return "restart the agent of";
  return step == RepairStep::kPage ? "page a person about" : Name(step);
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

RepairPass::RepairPass(Store& store, const Clock& clock)
    : clock_(clock),
      started_(clock.WallNow()),
      began_(clock.Now()),
      journal_(store, clock),
      repairs_({.mode = RepairMode::kDryRun}, journal_, nobody_) {}

Result<void> RepairPass::Recover() {
  auto recovered = repairs_.Recover(Now());
  if (repairs_.left_out() > 0)
    spdlog::warn("{} saved repairs cannot be read, and are left out", repairs_.left_out());
  return recovered;
}

std::vector<HappeningView> RepairPass::Step(const Model& model, const Judge& judge,
                                            const ClusterSource& cluster) {
  const Repairer::Outcome outcome = repairs_.Step(FleetOf(model, judge, cluster, clock_.WallNow()), Now());
  std::vector<HappeningView> happenings;
  for (const RepairIntent& intent : outcome.intents) {
    const std::string text =
        fmt::format("dry run: would {} node {}: {}", Doing(intent.step), intent.node, intent.reason);
    spdlog::info("{}", text);
    happenings.push_back({clock_.WallNow(), "repair_dry_run", "", intent.node, text});
  }
  if (std::exchange(storm_, outcome.storm) != outcome.storm) {
    const std::string text = outcome.storm
                                 ? "too many nodes fell ill at once: no repair would be begun"
                                 : "no node has fallen ill for a while: repairs would be begun again";
    happenings.push_back({clock_.WallNow(), "repair_storm", "", "", text});
  }
  LogHeld(outcome.held);
  return happenings;
}

// Once for each reason of a node.
void RepairPass::LogHeld(const std::vector<HeldBack>& held) {
  std::map<std::string, HoldKind> now;
  for (const HeldBack& one : held) {
    const auto before = held_.find(one.node);
    if (before == held_.end() || before->second != one.why)
      spdlog::info("repair of node {} is held back ({}): {}", one.node, Name(one.why), one.words);
    now.emplace(one.node, one.why);
  }
  held_ = std::move(now);
}

}  // namespace loadline::collector

#include "collector/repair/maintenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using Kind = MaintenanceKind;

struct Sign {
  std::string_view mark;
  Kind kind;
  std::string_view words;
};

constexpr std::array kTaints = std::to_array<Sign>({
    {"ToBeDeletedByClusterAutoscaler", Kind::kLeaving, "the cluster autoscaler removes it"},
    {"DeletionCandidateOfClusterAutoscaler", Kind::kLeaving, "the cluster autoscaler may remove it"},
    {"karpenter.sh/disrupted", Kind::kLeaving, "Karpenter removes it"},
    {"karpenter.sh/disruption", Kind::kLeaving, "Karpenter removes it"},
    {"node.cloudprovider.kubernetes.io/shutdown", Kind::kLeaving, "its machine was shut down"},
    {"node.cloudprovider.kubernetes.io/uninitialized", Kind::kLeaving, "it is not set up yet"},
    {"remediator.kubernetes.azure.com/unschedulable", Kind::kOtherRepair, "AKS drains it"},
});

// node-problem-detector of AKS: true from the announcement until the event is over or taken back.
constexpr std::array kConditions = std::to_array<Sign>({
    {"VMEventScheduled", Kind::kScheduledEvent, "the platform has scheduled maintenance of its machine"},
    {"PreemptionScheduled", Kind::kScheduledEvent, "the platform takes its machine back"},
});

constexpr std::array kAnnounced = std::to_array<std::string_view>(
    {"FreezeScheduled", "RebootScheduled", "RedeployScheduled", "PreemptScheduled", "TerminateScheduled"});

// An act of AKS: "<stem>Start", and then "<stem>End" or "<stem>Error".
constexpr std::array kActs = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"NodeReboot", "AKS's auto-repair reboots it"},
    {"NodeReimage", "AKS's auto-repair reimages it"},
    {"NodeRedeploy", "AKS's auto-repair redeploys it"},
    {"NodeDrain", "AKS drains it"},
    {"NodeCordon", "AKS cordons it"},
});

// AKS's whole sequence may take an hour: a start without an end is believed for so long.
constexpr Duration kActLasts = std::chrono::hours(1);
// The end of an act says nothing about the node, and the next act of the sequence follows when it does not help.
constexpr Duration kActSettles = std::chrono::minutes(10);
// An announcement comes at most 15 minutes before.
constexpr Duration kAnnouncementLasts = std::chrono::minutes(30);

std::string_view ValueOf(const std::map<std::string, std::string, std::less<>>& map, std::string_view key) {
  const auto found = map.find(key);
  return found != map.end() ? std::string_view(found->second) : std::string_view();
}

template <std::size_t N>
std::optional<Maintenance> Among(const std::array<Sign, N>& signs, const std::vector<std::string>& marks) {
  for (const Sign& sign : signs) {
    if (std::ranges::find(marks, sign.mark) != marks.end())
      return Maintenance{sign.kind, std::string(sign.words)};
  }
  return std::nullopt;
}

// An upgrade of AKS sets both; the first one alone may be set by anybody.
bool Upgrades(const NodeMarks& marks) {
  return ValueOf(marks.annotations, "cluster-autoscaler.kubernetes.io/scale-down-disabled") == "true" &&
         ValueOf(marks.annotations,
                 "kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason") == "upgrade";
}

std::string Ago(Duration age) {
  return FormatSeconds(Seconds(std::max(age, Duration::zero())));
}

// "Start" of "NodeRebootStart", where the stem is "NodeReboot"; empty: it is no event of that act.
std::string_view PhaseOf(std::string_view reason, std::string_view stem) {
  if (!reason.starts_with(stem)) return {};
  const std::string_view phase = reason.substr(stem.size());
  return phase == "Start" || phase == "End" || phase == "Error" ? phase : std::string_view();
}

// The newest word about one act says whether it goes on. Of a start and an end at one instant the end is newer.
std::optional<Maintenance> ActOf(const NodeMarks& marks, std::string_view stem, std::string_view words,
                                 Wall now) {
  const NodeEvent* newest = nullptr;
  bool begins = false;
  for (const NodeEvent& event : marks.events) {
    const std::string_view what = PhaseOf(event.reason, stem);
    if (what.empty()) continue;
    if (newest != nullptr && (event.at < newest->at || (event.at == newest->at && what == "Start"))) continue;
    newest = &event;
    begins = what == "Start";
  }
  if (newest == nullptr) return std::nullopt;
  const Duration age = now - newest->at;
  if (begins && age < kActLasts)
    return Maintenance{Kind::kOtherRepair, fmt::format("{} since {}", words, Ago(age))};
  if (!begins && age < kActSettles)
    return Maintenance{Kind::kOtherRepair, fmt::format("{}, which ended {} ago", words, Ago(age))};
  return std::nullopt;
}

std::optional<Maintenance> AnnouncedOf(const NodeMarks& marks, Wall now) {
  for (const NodeEvent& event : marks.events) {
    if (std::ranges::find(kAnnounced, event.reason) == kAnnounced.end()) continue;
    if (now - event.at < kAnnouncementLasts) {
      return Maintenance{Kind::kScheduledEvent,
                         fmt::format("{} was announced {} ago", event.reason, Ago(now - event.at))};
    }
  }
  return std::nullopt;
}

std::optional<Maintenance> OwnerOf(const NodeMarks& marks) {
  if (ValueOf(marks.annotations, kRepairAnnotation) == "off")
    return Maintenance{Kind::kLeftAlone, fmt::format("its annotation {} is off", kRepairAnnotation)};
  if (marks.labels.contains("karpenter.sh/nodepool"))
    return Maintenance{Kind::kLeftAlone, "Karpenter repairs its nodes itself"};
  if (!marks.lease_holder.empty())
    return Maintenance{Kind::kOtherRepair,
                       fmt::format("{} holds the lease on its repair", marks.lease_holder)};
  return std::nullopt;
}

}  // namespace

bool TellsOfMaintenance(std::string_view reason) {
  return std::ranges::find(kAnnounced, reason) != kAnnounced.end() ||
         std::ranges::any_of(kActs, [&](const auto& act) { return !PhaseOf(reason, act.first).empty(); });
}

std::optional<Maintenance> MaintenanceOf(const NodeMarks& marks, Wall now) {
  if (marks.deleting) return Maintenance{Kind::kLeaving, "it is being deleted"};
  if (Upgrades(marks)) return Maintenance{Kind::kUpgrade, "it is being upgraded"};
  if (auto sign = Among(kTaints, marks.taints)) return sign;
  for (const auto& [stem, words] : kActs) {
    if (auto sign = ActOf(marks, stem, words, now)) return sign;
  }
  if (auto sign = Among(kConditions, marks.conditions)) return sign;
  if (auto sign = AnnouncedOf(marks, now)) return sign;
  return OwnerOf(marks);
}

}  // namespace loadline::collector

#include "collector/detect/detect.h"

#include <fmt/format.h>

#include <algorithm>

#include "collector/alert/alert_words.h"
#include "collector/detect/rules.h"
#include "schemas/base/units.h"

namespace loadline::collector {

namespace {

// The node of all replicas of the container that a condition speaks of, if it is one.
std::string OnlyNodeOf(const Model& model, const Labels& labels) {
  const auto label = [&](const char* name) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string_view() : std::string_view(found->second);
  };
  const Container* container = model.FindContainer(label("workload"), label("container"));
  if (container == nullptr || container->replicas.empty()) return {};
  const NodeId first = model.replicas()[container->replicas[0]].node;
  const auto elsewhere = [&](ReplicaId id) { return model.replicas()[id].node != first; };
  return std::ranges::any_of(container->replicas, elsewhere) ? std::string() : model.nodes()[first].name;
}

}  // namespace

std::vector<Condition> Detect(const Evidence& evidence, const DetectConfig& config) {
  std::vector<Condition> found;
  DetectOwnFaults(evidence, config, found);
  DetectNodes(evidence, config, found);
  DetectRefusals(evidence, found);
  // Of disks a node names as many as it likes.
  for (Condition& condition : found) condition.own = !condition.labels.contains("disk");
  DetectClusterFaults(evidence, found);
  DetectEvictionRisk(evidence, config, found);
  DetectContainers(evidence, config, found);
  DetectOomLoops(evidence, config, found);
  DetectSizes(evidence, config, found);
  for (Condition& condition : found) {
    AddPlace(evidence.model, condition);
    if (condition.labels.contains("workload"))
      condition.told_by = OnlyNodeOf(evidence.model, condition.labels);
  }
  return ByRules(std::move(found), config);
}

namespace {

void DetectStore(const OwnHealth& own, const DetectConfig& config, std::vector<Condition>& found) {
  const double share =
      own.store_most > 0 ? static_cast<double>(own.store_bytes) / static_cast<double>(own.store_most) : 0.0;
  if (share >= config.store_full_share) {
    found.push_back(
        {.rule = "StoreFull",
         .summary = fmt::format("The collector's store is {:.0f} % full", share * 100),
         .reason = fmt::format("{} of {} are used, threshold {:.0f} %. At its bound nothing more is "
                               "acknowledged until it has made room, and agents keep their records.",
                               FormatBytes(own.store_bytes), FormatBytes(own.store_most),
                               config.store_full_share * 100),
         .keep = std::chrono::minutes(1)});
  }
  if (own.store_error.empty()) return;
  found.push_back(
      {.rule = "StoreNotWritable",
       .labels = {},
       .severity = Severity::kSev0,
       .summary = fmt::format("The collector cannot store records: {}", own.store_error),
       .reason = fmt::format("The last commit failed ({}); {} records wait, and nothing is acknowledged. "
                             "Agents keep their records as long as their spool has room.",
                             own.store_error, own.waiting_records),
       .hold = {},
       .keep = std::chrono::seconds(5),
       .urgent = true});
}

bool Fails(const ReceiverView& receiver, Wall now, const DetectConfig& config) {
  return receiver.failing >= config.receiver_failures ||
         (receiver.paused_until && *receiver.paused_until - now >= config.receiver_late) ||
         (receiver.waiting_since && now - *receiver.waiting_since >= config.receiver_late);
}

// Instants, not spans: words that stay as they are until something happens.
std::string WhyItFails(const ReceiverView& receiver, const DetectConfig& config) {
  std::string why;
  if (receiver.failing > 0) {
    why = fmt::format("The last {} attempts failed, threshold {}; the last error: {}. ", receiver.failing,
                      config.receiver_failures, receiver.last_failure);
  }
  if (receiver.paused_until) why += fmt::format("It is tried again at {}. ", Utc(*receiver.paused_until));
  if (!receiver.waiting_since) return why + "Nothing waits.";
  return why + fmt::format("Notifications wait since {}, threshold {}; none is forgotten.",
                           Utc(*receiver.waiting_since), FormatSeconds(Seconds(config.receiver_late)));
}

void DetectReceivers(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  for (const ReceiverView& receiver : evidence.own.receivers) {
    if (!Fails(receiver, evidence.wall, config)) continue;
    found.push_back({.rule = "ReceiverFailing",
                     .labels = {{"receiver", receiver.name}},
                     .summary = receiver.failing > 0 ? fmt::format("{} does not take alerts: {}",
                                                                   receiver.name, receiver.last_failure)
                                                     : receiver.name + " is far behind with alerts",
                     .reason = WhyItFails(receiver, config),
                     .keep = std::chrono::seconds(5)});
  }
}

}  // namespace

void DetectOwnFaults(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  DetectStore(evidence.own, config, found);
  DetectReceivers(evidence, config, found);
}

void AddPlace(const Model& model, Condition& condition) {
  const auto named = condition.labels.find("node");
  const Node* const node = named == condition.labels.end() ? nullptr : model.FindNode(named->second);
  if (node == nullptr) return;
  if (!node->place.pool.empty()) condition.labels["pool"] = node->place.pool;
  if (!node->place.zone.empty()) condition.labels["zone"] = node->place.zone;
}

}  // namespace loadline::collector

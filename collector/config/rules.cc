#include "collector/config/rules.h"

#include <array>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::array kRules = {
    BuiltInRule{"ContainerThrottled", "The CPU limit stops the container in a large share of its periods.",
                "Raise or remove the CPU limit; `loadlinectl why` says to what.", "Sev3", 30s},
    BuiltInRule{"ContainerMemoryPressure", "Tasks of the container wait for memory.",
                "Raise the memory limit, or look for what grew.", "Sev2", 1min},
    BuiltInRule{"ContainerOomKilled", "The kernel ended a process because a limit was hit.",
                "Compare the limit with the recommendation; look at what grew before the kill.", "Sev2", 0s,
                true},
    BuiltInRule{"ContainerOomLoop", "Kill follows kill: starting again does not help.",
                "Raise the memory limit now, or roll back what was deployed last.", "Sev1", 0s},
    BuiltInRule{"ContainerLeak", "Memory has grown for days and reaches the limit at this pace.",
                "Have the owner look for a leak; restart it at a quiet time before the limit is met.", "Sev3",
                10min},
    BuiltInRule{"ContainerUnderProvisioned", "The request is below what the container needs at the least.",
                "Raise the request to the recommendation: its neighbours pay meanwhile.", "Sev3", 1h},
    BuiltInRule{"ContainerOverProvisioned", "The request is far above what the container has ever needed.",
                "Lower the request to the recommendation; others could use the room.", "Sev4", 1h},
    BuiltInRule{
        "NodeSilent", "No heartbeats come from the node's agent.",
        "Look whether the node or only its agent is gone (kubectl get node); drain it when it is the node.",
        "Sev1", 0s},
    BuiltInRule{"NodeStale", "The agent is alive and closes no windows.",
                "Restart the agent's pod and keep its log; the node itself is likely well.", "Sev2", 0s},
    BuiltInRule{
        "NodeNotReady", "Kubernetes has the node as not ready, or hears nothing of it.",
        "Look at the kubelet's log and the node's network; drain the node when it does not come back.",
        "Sev1", 1min},
    BuiltInRule{"NodePressure", "The node's kubelet reports pressure of memory, disk or process ids.",
                "Make room on the node: it takes no more pods, and evicts some.", "Sev2", 1min},
    BuiltInRule{"NodeProblem", "The node has a condition that it should not have, such as KernelDeadlock.",
                "See what the condition says; drain the node when it is broken.", "Sev2", 1min},
    BuiltInRule{"PodUnschedulable", "The scheduler finds no node for pods of a workload.",
                "See what is insufficient: lower requests by the recommendations, or add nodes.", "Sev2",
                5min},
    BuiltInRule{"NodeOutOfMemory", "The kernel ended a process because the whole machine was out of memory.",
                "Look for pods without limits, and whether the node's reservations suffice.", "Sev1", 0s,
                true},
    BuiltInRule{"EvictionRisk", "A node is about to evict pods for want of memory.",
                "Move or restart what grows, as the alert names it, before the kubelet chooses.", "Sev2", 0s},
    BuiltInRule{
        "Evicted", "A kubelet evicted a pod.",
        "See the container that grew, and raise its request so that it is placed where there is room.",
        "Sev2", 0s, true},
    BuiltInRule{"NodeDiskFull", "A disk of the node has little room left.",
                "Remove images and logs, or grow the disk, before the kubelet evicts pods.", "Sev2", 1min},
    BuiltInRule{"NodeDiskReadOnly", "A disk of the node was remounted read-only.",
                "Drain the node: its disk or its file system is broken.", "Sev1", 0s},
    BuiltInRule{"AgentLosses", "The agent could not keep up; its figures are too low by what is named.",
                "Give the agent more CPU or memory.", "Sev3", 0s},
    BuiltInRule{"NodeRefused", "The node reports more than one node may; what is beyond is not taken.",
                "See which bound it met, and what runs there: a runaway job, or an agent that is not ours.",
                "Sev2", 1min},
    BuiltInRule{"CollectorIsolated",
                "Most nodes fell silent at once: the collector or its network is at fault.",
                "Look at the collector's node and at network policies.", "Sev0", 0s},
    BuiltInRule{
        "CollectorBlind", "No agent reports to the collector at all.",
        "See whether the agents run, and what their logs say of the collector's address, key and token.",
        "Sev1", 10min},
    BuiltInRule{"StoreNotWritable", "Records cannot be stored; agents keep them while their spool has room.",
                "Make room on the collector's volume, or look at what the error names.", "Sev0", 0s},
    BuiltInRule{"StoreFull", "The store nears its bound, beyond which nothing is acknowledged.",
                "Raise store.max_size and the volume, or shorten store.keep_records.", "Sev1", 1min},
    BuiltInRule{"ReceiverFailing", "A receiver does not take what it is sent.",
                "See the error: a token that was revoked, a channel that is gone, a server that is down.",
                "Sev2", 1min},
};

}  // namespace

std::span<const BuiltInRule> BuiltInRules() {
  return kRules;
}

std::map<std::string, RuleConfig> DefaultRules() {
  std::map<std::string, RuleConfig> rules;
  for (const BuiltInRule& rule : kRules) rules[rule.name] = {rule.severity, rule.hold};
  return rules;
}

}  // namespace loadline::collector

// What the API server tells of pods that were stopped from outside and of containers without memory: one view
// of what the kernel tells too.
#pragma once

#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

struct ClusterNews {
  enum class Kind {
    kPodStopped,   // a pod's status: evicted by its kubelet, through the API, preempted ...
    kEvicted,      // an Event: the kubelet evicted a pod
    kNodeEvicts,   // an Event: a node's threshold was met
    kOutOfMemory,  // a container's status: OOMKilled
    kSystemOom,    // an Event: the kernel killed a process of the node
  };
  Kind kind{};
  Wall at{};
  std::string node;
  std::string reason;   // the machine's word: "Evicted", "TerminationByKubelet", "EvictionByEvictionAPI"
  std::string message;  // the person's words
  // Of a pod; empty when it is about a node.
  std::string pod_uid;
  std::string namespace_name;
  std::string workload_id;  // empty: not known, for an Event names the pod alone
  std::string pod;
  std::string container;  // of kOutOfMemory, and the one that a kubelet blames
  // The kubelet's figures, from its message; 0 when it did not give them.
  std::string resource;  // "memory", "ephemeral-storage"
  Bytes threshold = 0;
  Bytes available = 0;
  Bytes used = 0;  // by `container`
  Bytes request = 0;
};

}  // namespace loadline::collector

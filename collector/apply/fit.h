// From what containers should ask for to what a running pod may be resized to.
#pragma once

#include <map>
#include <string>

#include "collector/apply/subject.h"

namespace loadline::collector {

struct FitOptions {
  double min_change = 0.1;  // a smaller change of a request is not worth it
  double max_factor = 2;    // one resize at most doubles a request, or halves it
  Duration min_history = std::chrono::hours(24);
};

struct Fit {
  PodSize size;  // of all containers; as it is where nothing changes
  bool changes = false;
  std::string why;  // one sentence: what stands against a change, or what is changed
};

// Of each container, the memory limit that it was raised to before it was full.
using HeldLimits = std::map<std::string, Bytes>;

// Requests move towards the advice and limits in their proportion, within `bounds`. A resource without a
// request is left alone, and so is one that cannot change without a restart. The pod's QoS class stays what
// it is. A memory limit stays a fifth above the peak that was seen, and at what it was raised to.
Fit FitPod(const SizablePod& pod, const Subject& subject, const FitOptions& options,
           const HeldLimits& held = {});

// Whether a pod may be given the size that another got: it is of the same containers and QoS class, is not given more
// than `bounds` allow, and no memory limit falls to where the peak that was seen would be killed. One that was raised
// after a kill has more than the others for as long as they follow by steps.
bool MayFollow(const SizablePod& pod, const PodSize& size, const Subject& subject);

// For a pod that was OOM-killed: memory alone, upwards alone, and at once as far as the advice says, however short its
// history is. Nothing changes where the advice does not know of the kill yet.
Fit FitAfterKill(const SizablePod& pod, const Subject& subject, const FitOptions& options);

// Whether a resource of a container may be changed, and can be without a restart of it.
bool MayChange(const SizablePod& pod, const std::string& container, Resource resource,
               const ApplyBounds& bounds);

// Whether two are one memory limit: the kernel rounds those of cgroups to pages.
bool SameLimit(Bytes a, Bytes b);

// "Guaranteed", "Burstable" or "BestEffort", as the API server would class it.
std::string QosOf(const PodSize& size);

// Whether the kubelet has made what is wanted. CPU is read back from shares and quotas, hence within 10m.
bool Same(const PodSize& wanted, const PodSize& given);

}  // namespace loadline::collector

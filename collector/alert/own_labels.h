// The labels by which alerts of one collector are told from those of another: whose cluster they are of, and
// what the alerting file adds (global.external_labels).
//
// They are part of an alert before its fingerprint is made, so that a hub that several collectors tell joins
// nothing that is not the same thing. Only our own alerts get them: who posts an alert has named it.
#pragma once

#include <string>

#include "collector/alert/condition.h"

namespace loadline::collector {

inline constexpr const char* kClusterLabel = "cluster";

// Adds those whose names are not there: what an alert says itself counts, as with Prometheus.
void AddOwnLabels(const Labels& own, Labels& labels);

// The cluster that they name; "" without one.
std::string ClusterOf(const Labels& labels);

}  // namespace loadline::collector

// The snapshot's values as JSON. Field names carry their unit; an absent value is null, never 0; instants are
// RFC 3339 in UTC. openapi.yaml says what each field means.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

using Json = nlohmann::ordered_json;

Json ToJson(const NodeView& node);
Json ToJson(const ApplyView::Workload& trial);
Json ToJson(const AlertView& alert);
Json ToJson(const HappeningView& happening);
Json ToJson(const StoryView& story);
Json ToJson(const RepairView& repair);
Json ToJson(const CollectorView& collector);
Json ToJson(const RecommendationView& recommendation);

// `points`: how many of the latest history points of each container to add; 0 adds none.
Json ToJson(const WorkloadView& workload, std::size_t points);

// How many there are of everything: what a first glance needs.
Json SummaryJson(const Snapshot& snapshot);

// The text of a JSON value. Bytes that are not UTF-8 (names come from kernels) become U+FFFD.
std::string Text(const Json& value);

}  // namespace loadline::collector

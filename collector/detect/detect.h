// What is wrong now: every rule asked about all that is known.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "collector/alert/condition.h"
#include "collector/detect/detect_config.h"
#include "collector/detect/evidence.h"
#include "collector/detect/rules_for.h"

namespace loadline::collector {

// What the rules find, as the configuration and whoever wants them otherwise (rules_for.h) have them.
std::vector<Condition> Detect(const Evidence& evidence, const DetectConfig& config,
                              const ChangesByNamespace& namespaces = {});

// The rules that go by what the API server tells and has not told yet, because no list of it has come since the collector
// began: that they find nothing proves nothing.
std::set<std::string, std::less<>> UnprovenRules(const std::vector<WatchView>& watches);

// What the rules of OOM kills, and those of evictions, make of one. `cause`: who grew before it, in words;
// empty when nobody was seen to.
Happening OomKilled(const KillSeen& kill, const DetectConfig& config, const std::string& cause = {});
Happening Evicted(const StoryView& story, const DetectConfig& config);

// Labels what is said of a node with its `pool` and `zone`, as far as the cluster tells them: for routes.
void AddPlace(const Model& model, Condition& condition);

}  // namespace loadline::collector

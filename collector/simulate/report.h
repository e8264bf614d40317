// What a simulation prints: a timeline and a sum for people, or one JSON object a line.
#pragma once

#include <string>
#include <vector>

#include "collector/simulate/tally.h"

namespace loadline::collector {

// One run, event by event; and at its end what ToText(PlayTally) says.
std::string TimelineOf(const FaultScenario& scenario, const PlayEnd& end);
std::string ToText(const PlayTally& tally);
// Scenarios side by side.
std::string ToTable(const std::vector<PlayTally>& tallies);

// What others say of the same nodes, a row each, ours first.
std::string ToTextBeside(const PlayTally& tally);

// A line each: {"fault", "node", "at_seconds", "verdict", "after_ms", "right"}, {"false_verdict", "node", "at_seconds"},
// {"act", "node", "at_seconds", "mode", "wrong"}.
std::string ToJsonLines(const PlayEnd& end);
// {"scenario", "runs", "verdict_right_share", "faults", "faults_right", "detect_p50_ms", "detect_p99_ms", "false_verdicts",
// "wrong_acts", "acts", "storms", "blind_seconds", "broken"}; null where nothing was to be detected.
std::string ToJson(const PlayTally& tally);
// A line each: {"scenario", "peer", "faults", "seen", "p50_ms", "p99_ms", "falsely"}; `peer` "loadline" is ours.
std::string ToJsonBeside(const PlayTally& tally);

}  // namespace loadline::collector

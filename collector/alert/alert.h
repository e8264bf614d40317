// One alert, from the first sign of its condition to its end: what the alert book keeps, what is stored, and
// what people are told of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/condition.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// What one receiver was last told of an alert.
struct Told {
  AlertState state = AlertState::kFiring;
  Wall at{};
  // Told as firing, and since passed over by a look of its group: it had ended and nobody could be told so, or the others
  // were spoken of without it; or what was said of it since was not heard. The end is owed; that it fires is news.
  bool passed_over = false;
};

// What an alert that somebody else posted has beyond ours: Prometheus decides about it, not a detector.
struct Posted {
  Labels annotations;
  std::string generator_url;
  Wall ends_at{};  // it resolves then, unless it is posted again
};

struct Alert {
  std::string fingerprint;
  std::string rule;  // the label alertname; a posted alert may have none
  Labels labels;     // without the rule's name
  Severity severity = Severity::kSev3;
  std::string summary;
  std::string reason;
  std::string graph;    // a line of text, or empty
  std::string runbook;  // a URL of http or https, or empty
  std::string node{};   // as Condition has it
  std::string told_by{};
  AlertState state = AlertState::kPending;
  bool urgent = false;
  Duration hold{};
  Duration keep{};
  Wall since{};                    // when it began to hold
  std::optional<Wall> gone_since;  // the condition no longer holds; `keep` runs from here
  std::optional<Wall> fired;
  std::optional<Wall> resolved;
  std::uint64_t occurrences = 1;
  std::vector<Wall> began{};  // its latest beginnings, oldest first, see flapping.h
  static constexpr std::size_t kMostBegan = 100;
  bool calm = false;                 // its condition is gone, and it fires only because it flaps
  std::map<std::string, Told> told;  // by group and integration, see dispatcher.h
  std::optional<Posted> posted;      // absent: our own
};

// The identity of a condition: FNV-1a over the sorted labels and the rule as label `alertname`, with 0xff
// after every name and value; 16 hexadecimal digits. Alertmanager's fingerprint of the same labels is the
// same.
std::string Fingerprint(const std::string& rule, const Labels& labels);

// The labels that matchers, grouping and receivers see: those of the alert, with alertname and severity.
// Posted alerts have what they were posted with.
Labels RoutedLabels(const Alert& alert);
// What is said of it beside its labels: summary and description, or what it was posted with.
Labels Annotations(const Alert& alert);

// The stored form. Decode refuses what Encode cannot have written.
std::string EncodeAlert(const Alert& alert);
Result<Alert> DecodeAlert(std::string_view text);

}  // namespace loadline::collector

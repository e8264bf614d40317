// An alert of each rule as it could be, for people who try how messages look.
#pragma once

#include "collector/alert/alert.h"
#include "collector/detect/detect_config.h"

namespace loadline::collector {

// Firing since five minutes, with labels as the rule has them, `own_labels` (alert/own_labels.h), and the
// configured severity. Its words say that it is an example. Fails on a rule that there is not; the message
// names all.
Result<Alert> ExampleAlert(const std::string& rule, const DetectConfig& config, const Labels& own_labels,
                           Wall now);

}  // namespace loadline::collector

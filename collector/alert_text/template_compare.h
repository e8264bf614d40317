// Which values are equal and which comes first, as Go's templates have it; and what stands under a key.
#pragma once

#include <string>

#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// Throw TemplateFault for what cannot be compared.
bool AreEqual(const Value& a, const Value& b, TemplateMeter& meter);
bool IsLess(const Value& a, const Value& b, TemplateMeter& meter);

// Where there is none, "" of labels and nothing of other mappings.
Value MapEntry(const ValueMap& map, const std::string& key);

}  // namespace loadline::collector

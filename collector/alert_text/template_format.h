// Values as text: as Go's fmt prints them, by themselves and by the verbs of printf, and as JSON.
#pragma once

#include <span>
#include <string>

#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// What an action writes: {{ .Labels }}. Nothing is "<no value>".
MarkedText Written(const Value& value, TemplateMeter& meter);
// Of print, printf and println. Throws TemplateFault on verbs that show a program's inside (%p, %#v of more
// than a single value).
MarkedText Printed(std::span<const Value> values, TemplateMeter& meter);
MarkedText PrintedLine(std::span<const Value> values, TemplateMeter& meter);
MarkedText PrintedBy(const MarkedText& format, std::span<const Value> values, TemplateMeter& meter);
// As Go's encoding/json writes it, with <, > and & as \u003c, \u003e and \u0026.
MarkedText JsonOf(const Value& value, TemplateMeter& meter);

}  // namespace loadline::collector

// Whether a template can be filled in at all: tried on made-up alerts when a file is loaded, so that what would
// fail in the night is said while somebody looks.
#pragma once

#include <optional>
#include <string>

#include "collector/alert_text/text_template.h"

namespace loadline::collector {

// "line 2 of the text: a template.Data has no '.Labels' (with firing alerts)"; nothing where all is well.
std::optional<std::string> WhatFails(const TextTemplate& text, bool html);

}  // namespace loadline::collector

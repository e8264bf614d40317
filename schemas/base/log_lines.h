// The form of a program's log: an event is one line, whatever was said in it.
#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace loadline {

// "2026-01-01T10:15:00.123Z info words". Words that hold control characters, line feeds among them, are made
// printable: no name that a process gave itself forges a line or reaches the terminal of whoever reads it.
std::unique_ptr<spdlog::formatter> LogLines();

}  // namespace loadline

// Alerts of our own whose conditions come and go, again and again: told once as flapping and not with each turn.
//
// An alert that begins for the `begins`th time within `within` flaps. It then goes on firing, calm, until its
// condition has stayed away for half of `within`: what is away longer begins less often than that. While calm it
// inhibits nothing, for what it says does not hold. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "collector/alert/alert.h"

namespace loadline::collector {

struct FlapOptions {
  std::int64_t begins = 3;  // 0: nothing flaps
  Duration within = std::chrono::hours(1);
  [[nodiscard]] Duration Calm() const { return within / 2; }
};

// Notes that it begins, or that its condition is back while it was calm.
void NoteBegin(Alert& alert, Wall now, const FlapOptions& options);
[[nodiscard]] bool Flaps(const Alert& alert, Wall now, const FlapOptions& options);
// "; flapping: began 4 times within 1 h", for its summary; "" when it does not.
std::string FlapWords(const Alert& alert, Wall now, const FlapOptions& options);

}  // namespace loadline::collector

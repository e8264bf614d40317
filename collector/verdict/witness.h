// What is known of a node besides what its agent says: whether anything answers at its kubelet's port. A connection that
// is accepted or refused there shows that the way to the machine is well, and its kernel's network. That is all it shows: the
// kernel accepts for a program that never runs again. An answer to a request shows that programs run.
#pragma once

#include <optional>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

struct Witness {
  // Something has answered there before. Until then that nothing does may be a firewall's doing.
  bool knows = false;
  // Attempts in a row, the last ones: nothing came back, or the machine refused, having no kubelet.
  int unanswered = 0;
  int refused = 0;
  // The last time that a request was answered, and requests since that were not, in a row.
  std::optional<Mono> answered{};
  int mute = 0;
  // So many without an answer show that nobody is there: more where packets are lost (lost_attempts.h).
  int enough = 3;
  // Why it may be silent for a while and come back: "FreezeScheduled was announced 4 min ago". Then what nobody answers is
  // no second sign. Empty: it may not.
  std::string expected;
};

}  // namespace loadline::collector

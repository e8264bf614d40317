// What silences have to do with the alerts that they mute: who ends with them, and what the end of a silence will let out.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "collector/alert/alert_book.h"
#include "collector/alert/silence.h"

namespace loadline::collector {

// Ends the silences that were made until what they mute is resolved (Silence::until_resolved), once nothing of it fires
// any more. `transitions` are those since the last call.
void EndWithTheirAlerts(Silences& silences, std::span<const Transition> transitions, const AlertBook& book,
                        Wall now);
// The same for one that was just made: something that it mutes may fire already.
void NoteWhatFires(Silences& silences, const std::string& id, const AlertBook& book);

// A silence that ends soon, and what still fires behind it.
struct EndingSilence {
  std::string id;
  std::string matchers;  // {namespace="shop"}
  std::string created_by;
  std::string comment;
  Wall ends_at{};
  Labels labels;          // those that all it mutes have
  std::size_t muted = 0;  // alerts that fire
  std::string first;      // the most severe of these, as "NodeSilent"
};
// Those that end within `within`, or have lived three quarters of their time where that is shorter; the first twenty that
// mute something, the earliest end first.
std::vector<EndingSilence> EndingSilences(const Silences& silences, const AlertBook& book, Duration within,
                                          Wall now);

}  // namespace loadline::collector

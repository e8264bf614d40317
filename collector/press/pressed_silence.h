// The silence that a press makes, and the step that one decides about: what the button names, as it is known here.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "collector/alert/alerting.h"
#include "collector/match/matcher.h"
#include "collector/press/press.h"

namespace loadline::collector {

// What is silenced when an alert or a group is: the labels that all it names have in common, and their rules; of one
// alert all of its labels. Nothing that does not fire, or that nobody was told of, can be named. kNotFound: nothing of
// that name fires; kInvalid: what it names has too little in common to be silenced by one press.
Result<Matchers> MatchersOf(std::string_view name, const AlertBook& book,
                            const std::map<std::string, Dispatcher::Group>& groups);

struct PressedSilence {
  Silence silence;
  bool news = false;  // it was made, or made longer; else there was one already that lasts as long
};

// Makes it, or makes the one longer that was pressed before: however often it is pressed, there is one. What somebody
// made elsewhere is left as it is. On the disk when it returns. `random` makes ids, as Silences::Set has it.
Result<PressedSilence> SetSilence(Alerting& alerting, const Press& press, Wall now,
                                  const std::string& random);

// The alert of ours that asks about the step of this id now, or null: what it says of the step is what was told.
const Alert* AskingFor(std::string_view step_id, const AlertsShown& shown);

}  // namespace loadline::collector

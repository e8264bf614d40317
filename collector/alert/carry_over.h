// What a journal holds, moved to other labels of our own (own_labels.h).
//
// They change when a release that names no cluster is upgraded, and when cluster.name or an external label is
// set anew. An alert that fires meanwhile gets the new labels and with them another fingerprint, and maybe
// another group; what was told of it, its group's timers, the messages that wait and what sinks keep of the
// group move along. So nothing is told as over and told again as new.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collector/alert/journal.h"
#include "collector/alert/route.h"

namespace loadline::collector {

// As AlertJournal::Load gives them.
using JournalEntries = std::vector<std::pair<std::string, std::string>>;

// The entries as if every alert of ours in them had always had the labels `own`. What becomes another by it,
// and the labels themselves, is added to `changes`. Nothing changes where all of them have these labels
// already; what cannot be read stays as it is.
JournalEntries CarriedOver(JournalEntries stored, const Labels& own, const Route& root,
                           std::vector<JournalChange>& changes);

}  // namespace loadline::collector

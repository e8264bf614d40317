// What one node's agent says of a workload is weighed against what all the others say of it.
//
// A node whose word alone moves a target to more than kBelievedAlone times what the others' asks for, or to
// less than that part of it, is the odd one: then the workload is sized by the others, at that many times
// their target and bound. Never below the present request for that, nor below a quarter of a CPU and 512 MiB:
// a leader that is odd for a good reason keeps what it has. On fewer than three nodes all are believed.
#pragma once

#include <span>
#include <vector>

#include "collector/recommend/workload.h"

namespace loadline::collector {

// Bounds `answer`, the sizing of these members together, of whose kills these are the latest; adds whom it
// bounds to `outliers`.
void Weigh(const Algorithm& algorithm, std::span<const Instance> instances,
           const std::vector<std::size_t>& members, std::span<const OomSample> kills, const Context& context,
           Wall now, Recommendation& answer, std::vector<Outlier>& outliers);

}  // namespace loadline::collector

// The read-only JSON API below /api/v1: paths and parameters in, an answer out. openapi.yaml describes it,
// and a test holds the two together.
//
// Pure: everything comes from the snapshot. Lists are filtered, sorted and cut here, so that ten thousand
// workloads cost a client no more than the page it looks at.
#pragma once

#include <string_view>

#include "collector/snapshot/snapshot.h"
#include "collector/web/answer.h"

namespace loadline::collector {

// `path` is decoded and begins with "/api/v1/". 404 for what does not exist, 400 for a parameter that cannot
// be understood.
Answer AnswerApi(std::string_view path, const Query& query, const Snapshot& snapshot);

}  // namespace loadline::collector

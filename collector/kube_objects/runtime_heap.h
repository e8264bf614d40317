// How large the heap of a container's language runtime may become, as its pod's spec states it.
//
// Read are -Xmx and -XX:MaxHeapSize of the JVM, Node's --max-old-space-size, and GOMEMLIMIT: in the command, its
// arguments and the environment. A share of the limit (-XX:MaxRAMPercentage) follows the limit by itself and says
// nothing about what is needed; what a shell or a Secret fills in is not known.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "schemas/base/units.h"

namespace loadline::collector {

// Of the "containers" entry of a pod's spec; 0 when it states none.
Bytes MaxHeapOf(const nlohmann::json& container);

}  // namespace loadline::collector

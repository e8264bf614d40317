// What is shown as one number of a container, a node, a receiver, a watch or the collector itself: described here once.
// The API's JSON, its description (openapi.yaml, of which the page's types are made) and /metrics follow these tables, so a
// row is all that a new figure needs in them.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// A whole number, another one, or nothing: it is not known, or there is none.
using Number = std::variant<std::monostate, std::int64_t, double>;

template <typename Of>
struct Figure {
  const char* name;  // in the API; ends with its unit
  const char*
      schema;  // in openapi.yaml: Count, Amount, Share, and those with Maybe before them, which may be null
  const char* meaning;  // in the API's description and as HELP
  Number (*value)(const Of&);
  // In /metrics behind `loadline_`: a counter when it ends with _total, else a gauge. Null: it is not there.
  const char* metric = nullptr;
  double unit = 1;  // of the metric, in that of the API: 1000 for cores of millicores
};

template <typename Of>
using Figures = std::span<const Figure<Of>>;

Figures<ContainerView> ContainerFigures();
Figures<ContainerView> ContainerTotals();  // its object `totals`
Figures<NodeView> NodeFigures();
Figures<NodeView> AgentFigures();  // the node's object `agent`
Figures<CollectorView> CollectorFigures();
Figures<ReceiverView> ReceiverFigures();
Figures<WatchView> WatchFigures();

}  // namespace loadline::collector

// Azure Monitor's alerts, as action groups send them in the common alert schema, in our terms: so that they
// are shown, routed, inhibited and silenced like our own.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "collector/alert/alert_book.h"
#include "collector/alert/posting.h"

namespace loadline::collector {

struct AzureAlertOptions {
  // What is never told to be resolved (alerts of single rows and of activities other than the health of resources and
  // services) ends so long after it fired.
  Duration keep = std::chrono::hours(1);
  // What is told to be resolved; should that word be lost it ends then.
  Duration keep_stateful = std::chrono::hours(24);
};

// Any field but the rule's name may be missing, numbers may be text, what is unknown is left out. Labels:
// alertname, severity, source ("azure"), signal, service, azure_alert (the id that Fired and Resolved share; of the
// health of a resource or a service what its events share, of which one says that it is over),
// resource, resource_group, resource_type, and dimensions and Prometheus' labels under their own names. The
// annotations say which metric, query, event or activity it was. Nothing for an alert on rows that we wrote
// ourselves: it would go round for ever. Fails on what is no such payload.
Result<std::optional<Posting>> PostingOfAzure(const nlohmann::json& payload, Wall now,
                                              const AzureAlertOptions& options = {});

// What is to be posted for it: the end of every alert of the book with its id, whatever else Azure says of it
// now (another severity, other dimensions, the case of its resource's id); itself, where it is no end or
// nothing of that id is open.
std::vector<Posting> WithAllOfItsId(Posting posting, const AlertBook& book, Wall now);

}  // namespace loadline::collector

// What the cluster is called: in every alert of ours, in messages, figures, the page and the API.
//
// What the configuration calls it counts. Where it says nothing the name is made of what no other cluster
// has, and must not change from one start to the next: an alert that fires would be another one.
#pragma once

#include <functional>
#include <string>

#include "collector/alert/condition.h"
#include "collector/config/config.h"
#include "collector/store/store.h"

namespace loadline::collector {

// cluster.name (azure.cluster by its old key), or cluster among the external labels of the alerting file; ""
// without either. Fails where they disagree.
Result<std::string> GivenClusterName(const Config& config, const Labels& external_labels);

// The uid of the namespace kube-system, asked of the API server for so long at most.
using AskForUid = std::function<Result<std::string>(Duration patience)>;

// c- and the first eight digits of the uid. It is kept in the store, for starts at which the API server does
// not answer. When it does not within a minute at the very first, or may not be asked, eight digits are made
// by chance, once: such a name is kept for good, for alerts have gone out under it.
Result<std::string> NameOfKubernetes(Store& store, const AskForUid& ask, Wall now);

// The host's name, for a collector outside of a cluster.
std::string NameOfHost();

}  // namespace loadline::collector

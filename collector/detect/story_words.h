// The sentences of stories.
#pragma once

#include <optional>
#include <string>

#include "collector/model/cluster_news.h"
#include "collector/model/growth.h"

namespace loadline::collector {

// "shop/Job/import container load grew from 20 MiB to 1.2 GiB in 2 min".
std::string GrowthWords(const MemoryGrowth& growth, Wall until);

// Why a pod was stopped, in one sentence.
std::string EvictionReason(const ClusterNews& news);

// Who grew most below the limit that was hit: `limit_owner` is its cgroup's path, empty for the machine's
// end; `victim` the path of the killed container, whose limit may be that of a cgroup within it.
std::optional<MemoryGrowth> OomGrower(const Model& model, std::string_view node, Wall at,
                                      std::string_view limit_owner, std::string_view victim);

// Why the kernel killed, in one sentence without its victim.
std::string OomReason(const wire::OomKill& kill);
// "the OOM killer ended java (pid 12), which held 3 GiB".
std::string HowItEnded(const wire::OomKill& kill);

}  // namespace loadline::collector

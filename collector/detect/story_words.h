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

// A kill whose cause is asked for.
struct OomQuestion {
  std::string_view node;
  Wall at;
  std::string_view limit_owner;  // its cgroup's path; empty: the machine came to its end
  struct Victim {
    std::string_view path;  // of the killed container, whose limit may be that of a cgroup within it
    std::string_view workload_id;
    std::string_view container;
  } victim;
};

// Who grew most below the limit that was hit. A victim that was its own cause has the kill's name also while the
// model waits for it.
std::optional<MemoryGrowth> OomGrower(const Model& model, const OomQuestion& question);

// Why the kernel killed, in one sentence without its victim.
std::string OomReason(const wire::OomKill& kill);
// "the OOM killer ended java (pid 12), which held 3 GiB".
std::string HowItEnded(const wire::OomKill& kill);

}  // namespace loadline::collector

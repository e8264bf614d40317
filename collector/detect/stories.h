// Evictions and OOM kills, each told once with whom it hit, why, and who caused it.
//
//   StoryBook book;
//   book.Killed(kill, now);  book.Heard(news, now);      // in any order, as it arrives
//   for (Happening& told : book.Tick(model, now, config)) ...  // each story of an eviction once
//
// The kernel knows who grew and who was killed, the kubelet why it chose whom it evicted, and neither knows
// the other. What belongs together is found by pod, or by node, container and time. A story is explained when
// the node's windows reach past the instant it tells of and who grew has a name, 15 s after it was heard of at the latest; what comes
// after that is added to its evidence and not told again. Pure: no I/O, no clock.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/detect/detect_config.h"
#include "collector/detect/evidence.h"
#include "collector/model/cluster_news.h"
#include "collector/model/growth.h"

namespace loadline::collector {

class StoryBook {
 public:
  static constexpr std::size_t kMost = 200;
  static constexpr std::ptrdiff_t kMostOfANode = 50;  // then its own oldest make room

  void Killed(const KillSeen& kill, Wall now);
  // Of what is older than an hour nothing is told: the API server shows pods long after they were evicted.
  void Heard(const ClusterNews& news, Wall now);
  // Explains what is ready to be, and gives what is to be told of it: `Evicted`, for evictions by kubelets.
  std::vector<Happening> Tick(const Model& model, Wall now, const DetectConfig& config);

  // Newest first.
  [[nodiscard]] std::vector<StoryView> Views() const;
  // The threshold of memory.available that this node's kubelet named when it evicted last; 0: it never did.
  [[nodiscard]] Bytes ThresholdOf(const std::string& node) const;

  // Stories that changed since the last call, by id, as bytes for Load; without bytes: it made room for
  // others.
  std::vector<std::pair<std::string, std::string>> TakeChanged();
  // What TakeChanged gave before a restart, of this version or an earlier one. What cannot be read is left
  // out: false. One that is there already stays as it is.
  bool Load(const std::string& bytes);

 private:
  struct Story {
    StoryView view;
    Bytes threshold = 0;
    bool by_kubelet = false;
    bool of_memory = false;  // an eviction for want of memory
    bool explained = false;
    bool changed = false;
    Wall heard{};
    std::string limit_owner;  // of an OOM kill: the cgroup's path; empty: the machine
    std::string victim;       // the killed container's path
    std::string victim_held;  // words
  };
  template <typename A>
  friend void Fields(A& archive, Story& story);  // see stories_before_tags.cc
  // As a piece of schemas/state.fbs and back.
  static std::string Write(const Story& story);
  static std::optional<Story> Read(const std::string& bytes);
  static std::optional<Story> ReadBeforeTags(const std::string& bytes);

  Story& Evicted(const ClusterNews& news, Wall now);
  void OutOfMemory(const ClusterNews& news, Wall now);
  void OfNode(const ClusterNews& news);
  Story* FindOom(const std::string& node, const std::string& workload, const std::string& container, Wall at,
                 Duration apart);
  Story& Add(StoryView view, Wall now);
  static void AddEvidence(Story& story, StoryEvidence evidence);
  // Whose growth explains it, who grew most first.
  static std::vector<MemoryGrowth> GrowersOf(const Story& story, const Model& model);
  static void Explain(Story& story, const std::vector<MemoryGrowth>& growers, const Model& model);
  static void ExplainEviction(Story& story, const std::vector<MemoryGrowth>& growers, const Model& model);
  static void ExplainOom(Story& story, const std::vector<MemoryGrowth>& growers);

  std::deque<Story> stories_;               // oldest first
  std::deque<ClusterNews> waiting_;         // of nodes and of containers whose kernel event is still to come
  std::map<std::string, Bytes> threshold_;  // by node
  std::vector<std::string> dropped_;        // ids
};

}  // namespace loadline::collector

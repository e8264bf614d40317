// How the collector watches nodes, on a clock that a simulation moves: liveness, judge and the record of each kubelet's port,
// as the core and the thread that asks at ports turn them.
//
//   NodeWatch watch([&](std::size_t node, double at) { return nodes[node].Connect(at); }, ...);
//   watch.Heard(node, at, 0s);
//   if (watch.Step(at)) ... watch.judge().Of("web-1")     // each kLookEvery seconds
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/model/model.h"
#include "collector/model/names.h"
#include "collector/repair/maintenance.h"
#include "collector/simulate/line.h"
#include "collector/verdict/judge.h"
#include "collector/verdict/liveness.h"
#include "collector/verdict/neighbours.h"
#include "collector/verdict/node_lease.h"
#include "collector/verdict/port_record.h"

namespace loadline::collector {

class NodeWatch {
 public:
  // Whether somebody may have died is looked at so often; all nodes are judged each second.
  static constexpr double kLookEvery = 0.25;

  struct Outside {
    // What a connection to the port of a node's kubelet meets that is begun then, and whether a request on it is answered.
    std::function<PortAnswer(std::size_t node, double at)> connect;
    std::function<bool(std::size_t node, double at)> answers;
    // What stands on it in the cluster; not set: nothing does.
    std::function<std::optional<NodeMarks>(const std::string& node)> marks;
    // What stands on its Lease; not set: nobody asks for that.
    std::function<std::string(const std::string& node)> lease;
    // What the agent of another node finds at its kubelet's port then; nothing: it does not answer. Not set: nobody asks.
    std::function<std::optional<PortAnswer>(std::size_t node, std::size_t by, double at)> neighbour;
  };
  explicit NodeWatch(Outside outside, const LivenessOptions& options = {})
      : outside_(std::move(outside)), liveness_(options, Mono{}), judge_(options) {}
  NodeWatch(const NodeWatch&) = delete;
  NodeWatch& operator=(const NodeWatch&) = delete;

  // A node that there is: its port is asked from then on. Gives its number, from 0.
  std::size_t Add(std::string name);

  // What came since the last step is said of `liveness` and `model` before it. True: all nodes were judged.
  bool Step(double at, Wall wall);

  [[nodiscard]] Model& model() { return model_; }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] Liveness& liveness() { return liveness_; }
  [[nodiscard]] const Judge& judge() const { return judge_; }
  [[nodiscard]] const std::string& name(std::size_t node) const { return ports_[node].name; }
  [[nodiscard]] Witness WitnessOf(const std::string& node, Wall wall) const;

 private:
  struct Port {
    std::string name;
    PortRecord record;
    bool doubted = false;
    double given_up_at = kNever;     // an attempt is under way that nothing answers
    double answer_ends = kNever;     // a request is under way
    bool answered = false;           // and is answered then
    std::optional<NodeLease> lease;  // while it is doubted, and leases are asked for
  };
  void Doubt(double at);
  void AskForLeases(double at);
  void AskNeighbours(double at);
  void Attend(std::size_t node, double at);
  void Attempt(std::size_t node, double at);

  const Outside outside_;
  const PortPace pace_;
  const CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_;
  Judge judge_;
  Neighbours neighbours_;
  std::multimap<double, std::pair<std::string, wire::NeighbourProbed>> found_;  // by when that is heard
  std::vector<Port> ports_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::set<std::string, std::less<>> doubted_;
  double last_step_ = 0;
  double next_tick_ = 0;
};

}  // namespace loadline::collector

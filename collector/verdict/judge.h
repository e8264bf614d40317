// What is to be said of each node, decided in one place: alerts, the page, what is forgotten and whoever will
// repair ask here, and get the same answer.
//
//   Judge judge(options);
//   for (const std::string& node : judge.Look(model, liveness, now, wall)) ...   // once a turn: whose state is another
//   judge.Of("node-1").state
//
// First it asks whether the collector is itself the sick one: when most of several nodes are not heard at once
// it is rather cut off than all of them dead. Then nobody is called silent: what was held of a node goes on being
// held, without confidence, until it is heard or most are. Values and no sentences but the reason; no I/O, no
// clock.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/model/model.h"
#include "collector/verdict/liveness.h"

namespace loadline::collector {

struct JudgeOptions {
  // From so many nodes on, most of them falling silent together says more of us than of them.
  std::size_t fewest_for_doubt = 4;
};

struct NodeVerdict {
  NodeState state = NodeState::kReady;
  Wall since{};  // since it is so
  // How sure that is, 0 to 1. Of a node that is heard 1, and less the longer nothing comes, down to a half when
  // it is called silent; from there up again, and 1 when it was silent for twice as long. 0: not judged.
  double confidence = 1;
  NodeLiveness signs;  // what it rests on
  std::string reason;  // words; empty of a node that is well
};

class Judge {
 public:
  explicit Judge(const LivenessOptions& signs, const JudgeOptions& options = {})
      : signs_(signs), options_(options) {}

  // Judges all nodes that the model knows, and forgets the others. Gives those whose state is another now, in
  // the order of their names; a node that was never judged was taken to be well.
  std::vector<std::string> Look(const Model& model, const Liveness& liveness, Mono now, Wall wall);

  // As of the last look; of a node that is not known: well.
  [[nodiscard]] const NodeVerdict& Of(std::string_view node) const;
  // The collector doubts itself.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }
  [[nodiscard]] std::size_t nodes() const { return verdicts_.size(); }
  // Of these, those that are not heard now, whatever is held of them.
  [[nodiscard]] std::size_t unheard() const { return unheard_; }

 private:
  [[nodiscard]] double Confidence(const NodeLiveness& signs) const;

  const LivenessOptions signs_;
  const JudgeOptions options_;
  std::map<std::string, NodeVerdict, std::less<>> verdicts_;
  bool in_doubt_ = false;
  std::size_t unheard_ = 0;
};

}  // namespace loadline::collector

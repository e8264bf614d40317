// What is to be said of each node, decided in one place: alerts, the page, what is forgotten and whoever will
// repair ask here, and get the same answer.
//
//   Judge judge(options);
//   for (const std::string& node : judge.Look(model, liveness, now, wall)) ...   // once a turn: whose state is another
//   judge.Of("node-1").state
//
// First it asks whether the collector is itself the sick one: when most of several nodes are not heard at once
// it is rather cut off than all of them dead. Then nobody is called silent: what was held of a node goes on being
// held, without confidence, until it is heard, or most are and it had the time to come back, too. So it is after the
// collector stood still or was started anew: a node that was silent before is silent until it is heard. A node that is
// doubtful is silent sooner when a witness finds nobody there (witness.h). Values and no sentences but the reason; no
// I/O, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/model/model.h"
#include "collector/verdict/liveness.h"
#include "collector/verdict/neighbours.h"
#include "collector/verdict/node_lease.h"
#include "collector/verdict/witness.h"

namespace loadline::collector {

struct JudgeOptions {
  // From so many nodes on, most of them falling silent together says more of us than of them.
  std::size_t fewest_for_doubt = 4;
  // When most are heard again the others have as long again to find their way back, and at most so long: agents wait up to
  // 15 s between two attempts to connect.
  Duration find_back = std::chrono::seconds(20);
  // A kubelet answers, and packets to it are lost: its agent's heartbeats may wait behind one that was sent in vain seven
  // times. Nobody is in a hurry about an agent.
  Duration lossy_agent_after = std::chrono::seconds(30);
};

// What is behind a silence, as far as a witness tells.
enum class SilenceOf : std::uint8_t {
  kUnknown,  // none does
  kAgent,    // the kubelet answers: the node is there
  kKubelet,  // it is refused: the machine is there, its kubelet is not
  kNode,     // nothing answers
  kHung,  // connections are accepted, and requests are not answered: the kernel's network lives, programs do not
  kWay,  // nothing answers here, and others reach it: only the way from the collector is broken
};

// Whether the node itself is there, and what runs on it goes on.
constexpr bool IsThere(SilenceOf silence_of) {
  return silence_of == SilenceOf::kAgent || silence_of == SilenceOf::kWay;
}

struct NodeVerdict {
  NodeState state = NodeState::kReporting;
  Wall since{};  // since it is so
  // How sure that is, 0 to 1. Of a node that is heard 1, and less the longer nothing comes, down to a half when
  // it is called silent; from there up again, and 1 when it was silent for twice as long. 0: not judged.
  double confidence = 1;
  SilenceOf silence_of = SilenceOf::kUnknown;          // of a silent one
  LeaseSays lease = LeaseSays::kNotAsked;              // of a doubtful one
  NeighboursSay neighbours = NeighboursSay::kNothing;  // of a doubtful one
  NodeLiveness signs;                                  // what it rests on
  std::string reason;                                  // words; empty of a node that is well
};

class Judge {
 public:
  explicit Judge(const LivenessOptions& signs, const JudgeOptions& options = {})
      : signs_(signs), options_(options) {}

  // Judges all nodes that the model knows, and forgets the others. Gives those whose state is another now, in
  // the order of their names; a node that was never judged was taken to be well.
  // `witness_of` is asked about those that are doubtful; not set: there is none.
  std::vector<std::string> Look(const Model& model, const Liveness& liveness, Mono now, Wall wall,
                                const std::function<Witness(const std::string& node)>& witness_of = {});

  // What was held of a node before the collector began; before the first look.
  void Remember(std::string_view node, NodeVerdict held) {
    verdicts_.insert_or_assign(std::string(node), std::move(held));
  }
  // Of whom something else is held than at the last call.
  [[nodiscard]] std::set<std::string, std::less<>> TakeNews() { return std::exchange(news_, {}); }

  // Whether a node that is doubtful need not be waited for any longer.
  [[nodiscard]] static bool IsGone(const Witness& witness);

  // As of the last look; of a node that is not known: well.
  [[nodiscard]] const NodeVerdict& Of(std::string_view node) const;
  // The collector doubts itself: signs of life of most nodes are late.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }
  // And for so long that they would be called silent.
  [[nodiscard]] bool isolated() const { return isolated_; }
  [[nodiscard]] std::size_t nodes() const { return verdicts_.size(); }
  // Of these, those that are not heard now, whatever is held of them.
  [[nodiscard]] std::size_t unheard() const { return unheard_; }

 private:
  // What the node's agent and the witness say together.
  void Weigh(NodeVerdict& verdict, const Witness& witness, Mono now) const;
  [[nodiscard]] bool IsLate(const NodeLiveness& signs) const;
  void NoteDoubt(Mono now);
  // It looks well for the only reason that the collector could not hear it.
  [[nodiscard]] static bool IsHeld(const NodeVerdict& held, const NodeLiveness& signs);
  // It was not heard since most were not, and may not have found its way back yet.
  [[nodiscard]] bool FindsBack(const NodeLiveness& signs, Mono now) const;
  [[nodiscard]] double Confidence(const NodeVerdict& verdict) const;

  const LivenessOptions signs_;
  const JudgeOptions options_;
  std::map<std::string, NodeVerdict, std::less<>> verdicts_;
  std::set<std::string, std::less<>> news_;
  bool in_doubt_ = false;
  // The last time that it was in doubt: from, and until.
  std::optional<Mono> doubt_from_;
  Mono doubt_until_{};
  bool isolated_ = false;
  std::size_t unheard_ = 0;
};

}  // namespace loadline::collector

// What a node's neighbours see of it while it is in doubt: agents of two other nodes, one of its own zone and one of another
// where there are such, are asked whether anything answers at its kubelet's port. What one of them reaches is not dead,
// though the collector does not reach it. Only those are asked about others that have reached a kubelet before, which each is
// asked for when it comes: between nodes there may be a firewall.
//
//   Neighbours neighbours;
//   neighbours.Greeted("web-1", hello.probes);
//   for (const auto& [node, question] : neighbours.Due(in_doubt, reporting, now)) ...   // ask the agent of that node
//   neighbours.Found("web-1", found, now);
//   neighbours.Of("web-7", now)
//
// No I/O, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/verdict/witness.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

enum class NeighboursSay : std::uint8_t {
  kNothing,     // nobody was asked, or none has answered
  kReachIt,     // one does
  kRefused,     // its machine refuses one, and none reaches it
  kFindNobody,  // two do not, and none does
};
NeighboursSay SaidBy(const NeighbourWitness& neighbours);

class Neighbours {
 public:
  // Where a node is whose kubelet is to be looked for.
  struct InDoubt {
    wire::KubeletPort kubelet;
    std::string zone;
  };
  // A node that is well.
  struct Well {
    std::string node;
    std::string zone;
    std::optional<wire::KubeletPort> kubelet;  // where it is known
  };

  // An agent has come; whether it answers questions.
  void Greeted(const std::string& node, bool answers);
  // The questions that are due, by the node whose agent is asked. What was found of nodes that are not `in_doubt` is forgotten.
  // `well` is asked for when one is due.
  std::map<std::string, wire::ProbeNeighbours> Due(const std::vector<InDoubt>& in_doubt,
                                                   const std::function<std::vector<Well>()>& well, Mono now);
  // Forgets the agents of all other nodes.
  void KeepOnly(const std::function<bool(const std::string& node)>& known) {
    std::erase_if(agents_, [&](const auto& agent) { return !known(agent.first); });
  }
  // Of what nobody asked, nothing is kept.
  void Found(const std::string& by, const wire::NeighbourProbed& found, Mono now);
  [[nodiscard]] NeighbourWitness Of(std::string_view node, Mono now) const;

  // How many agents are asked about others: those that have reached a kubelet.
  [[nodiscard]] std::size_t able() const;
  // About nodes in doubt, since the start.
  [[nodiscard]] std::uint64_t questions() const { return asked_; }
  [[nodiscard]] std::uint64_t answers() const { return answered_; }

 private:
  struct Answer {
    bool waiting = false;
    Mono asked{};            // when it began to be waited for
    std::optional<Mono> at;  // of the last answer
    wire::ProbeOutcome outcome{};
  };
  struct Doubt {
    Mono since{};
    Mono next{};
    std::size_t turn = 0;  // so many have not answered, and others are asked in their place
    std::map<std::string, Answer> of;
  };
  struct Agent {
    bool has_reached = false;  // a kubelet
    Mono tries{};              // when it is asked for one next
    std::string asked_for;     // whose, then
  };
  using Questions = std::map<std::string, wire::ProbeNeighbours>;
  // Adds what they are asked to become known to reach kubelets: for one that is well, or where there is none for one in doubt.
  void Try(const std::vector<Well>& well, const std::vector<InDoubt>& in_doubt, Mono now,
           Questions& questions);
  void Ask(const InDoubt& node, Doubt& doubt, const std::vector<Well>& well, Mono now, Questions& questions);
  [[nodiscard]] std::vector<std::string> Chosen(const InDoubt& node, std::size_t turn,
                                                const std::vector<Well>& well) const;

  std::map<std::string, Agent> agents_;  // that answer questions
  std::map<std::string, Doubt, std::less<>> doubts_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace loadline::collector

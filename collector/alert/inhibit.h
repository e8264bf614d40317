// Inhibition: while a source alert fires, targets of the same `equal` labels are not told.
//
// As in Alertmanager a missing label is an empty one, and an alert that is both source and target of a rule
// is not inhibited by another that is both too. Beyond it, a rule may hold targets back while its source is
// still pending (`pending_too`): a node's pods wait for the verdict on their node, whatever arrives first. And
// what others posted may need a witness (`posted`): that our agent of a node is silent says little of what
// Prometheus sees there.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/alert/alert.h"
#include "collector/match/matcher.h"

namespace loadline::collector {

struct InhibitRule {
  Matchers source;
  Matchers target;
  std::set<std::string> equal;
  bool pending_too = false;
  // Which alerts that others posted are targets: as any, none, or those for which one that matches `witness`
  // holds as well, of the same labels of `equal`.
  enum class Posted { kAsAny, kNone, kWithWitness };
  Posted posted = Posted::kAsAny;
  Matchers witness{};
  // An alert that names no cluster counts as one of ours: Prometheus names none to its own Alertmanager,
  // unless it is told to.
  bool ours_unless_named = false;
};

class Inhibitor {
 public:
  // `cluster`: of our own alerts, for rules that are about it (ours_unless_named).
  explicit Inhibitor(std::vector<InhibitRule> rules, std::string cluster = "");

  // To be told of every alert that changes; nullptr when it is gone.
  void Note(const std::string& fingerprint, const Alert* alert);
  // The fingerprint of an alert that inhibits this one, or nothing.
  [[nodiscard]] std::optional<std::string> Source(const Alert& target) const;
  // Whether there is any that could.
  [[nodiscard]] bool inhibits() const { return !places_.empty(); }

 private:
  using ByKey =
      std::map<std::string, std::set<std::string>>;  // fingerprints by the values of the equal labels
  struct Rule {
    InhibitRule rule;
    ByKey sources;
    ByKey witnesses;
  };
  struct Place {
    std::size_t rule;
    ByKey Rule::* side;
    std::string key;
  };
  void Stand(const std::string& fingerprint, std::size_t rule, ByKey Rule::* side, const Labels& labels);
  [[nodiscard]] std::string EqualKey(const InhibitRule& rule, const Labels& labels) const;

  const std::string cluster_;
  std::vector<Rule> rules_;
  // Where each source and witness stands.
  std::map<std::string, std::vector<Place>> places_;
  std::set<std::string> both_sides_;  // rule index + fingerprint of sources that are targets of the rule too
};

}  // namespace loadline::collector

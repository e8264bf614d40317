// Every alert that is pending, firing or lately resolved, and the rules by which one becomes the other.
//
//   absent --condition--> pending --held for `hold`--> firing --gone for `keep`--> resolved
//      ^                                                                              |
//      +---------------------------------- forgotten --------------------------------+
//
// A condition with `hold` 0 fires at once. A pending one whose condition goes is dropped without a word. A
// happening is a condition that is gone as soon as it is seen: it fires at once, each further one counts as
// an occurrence, and it resolves `keep` after the last. A resolved alert whose condition returns begins anew.
//
// One of our own that begins again and again is told once as flapping, and ends when it is calm (flapping.h).
//
// A posted alert fires at once and as long as it is posted: it resolves at its end, which each posting moves.
// What is posted and is one of our own by all its labels is left out and counted: about ours nobody knows
// better, and two collectors that tell one another would keep up for ever what is long over.
//
// Pure: time is an argument. Not thread-safe; lives on the core thread. Bounded: when `max_alerts` is reached
// the oldest resolved alert makes room, and where there is none the new one is refused and counted; so is one
// of a node that has its share. What is the collector's own, or of a node as such, has room that no other can
// take.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collector/alert/alert.h"
#include "collector/alert/flapping.h"
#include "collector/alert/posting.h"

namespace loadline::collector {

struct AlertBookOptions {
  std::size_t max_alerts = 100'000;
  std::size_t max_posted = 50'000;    // of these: so that nobody else's alerts can push out our own
  std::size_t kept_for_own = 20'000;  // of these: for Condition::own
  // Of these, pending or firing, from what one node tells: it has some hundred containers, and a few rules
  // may speak of each.
  std::size_t max_of_a_node = 2'000;
  // Kept for people to see; more makes every restart read more. Those whose end is still to be told are kept
  // beside them.
  std::size_t max_resolved = 1'000;
  Duration forget_resolved = std::chrono::hours(24);
  // For this long after a restart the absence of a condition proves nothing: the last agent finds the collector after
  // LivenessOptions::find_us, and what it says has to be seen for some windows. Shorter ends alerts that fire anew a
  // minute later, longer delays true ends.
  Duration restart_grace = std::chrono::seconds(90);
  // What was posted before a restart holds at least this long after it: nobody could post meanwhile.
  // Prometheus posts every minute.
  Duration posted_grace = std::chrono::minutes(2);
  FlapOptions flapping{};
};

struct Transition {
  enum class What { kPending, kFired, kAgain, kResolved, kDropped, kCalm };
  std::string fingerprint;
  What what;
};

class AlertBook {
 public:
  explicit AlertBook(AlertBookOptions options = {}) : options_(options) {}

  // `conditions` are all that hold at `now`; what is not among them no longer holds. Order of the
  // transitions: happenings, conditions, then what time brought about.
  std::vector<Transition> Update(std::span<const Condition> conditions, std::span<const Happening> happenings,
                                 Wall now);
  // Of these rules absence proves nothing from now on: who tells of what they look at has not told anything yet.
  void Unproven(std::set<std::string, std::less<>> rules) { unproven_ = std::move(rules); }
  // The urgent path: happenings alone. Says nothing about conditions.
  std::vector<Transition> Happened(std::span<const Happening> happenings, Wall now);

  // What somebody else says of alerts of theirs.
  std::vector<Transition> Post(std::span<const Posting> postings, Wall now);

  // The earliest instant at which time alone changes something: a hold or a keep that ends.
  [[nodiscard]] std::optional<Wall> NextDue() const;

  [[nodiscard]] const Alert* Find(const std::string& fingerprint) const;
  [[nodiscard]] const std::map<std::string, Alert>& alerts() const { return alerts_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  // Postings of what is open here as an alert of ours: it came back to us, or another collector has our name.
  [[nodiscard]] std::uint64_t posted_as_ours() const { return posted_as_ours_; }
  // Of one node, because it had its share, and when last. By node; those that were never refused are not
  // there.
  struct Refused {
    std::uint64_t count = 0;
    Wall last{};
  };
  [[nodiscard]] const std::map<std::string, Refused>& refused_of() const { return refused_of_; }

  // Notes what a receiver was told. `whom` is a key of the dispatcher's.
  void MarkTold(const std::string& fingerprint, const std::string& whom, Told told);

  // Fingerprints changed since the last call, for the journal: a changed one that Find no longer knows is
  // gone.
  std::set<std::string> TakeChanged() { return std::exchange(changed_, {}); }
  // The same for whoever shows them, who also wants the words that change with every reading.
  std::set<std::string> TakeTouched() { return std::exchange(touched_, {}); }

  // Puts back what the journal held; the grace for absent conditions runs from `now`.
  void Restore(Alert alert, Wall now);

 private:
  using Transitions = std::vector<Transition>;
  Alert* Admit(const Condition& what, Wall now);
  Alert* AdmitOwn(const Condition& what, Wall now);
  void Begin(Alert& alert, const Condition& what, Wall since, Transitions& out);
  void Hold(const Condition& what, Wall now, Transitions& out);
  void Happen(const Happening& happening, Wall now, Transitions& out);
  bool Post(const Posting& posting, bool full, Wall now, Transitions& out);
  [[nodiscard]] std::size_t OpenPosted() const;
  [[nodiscard]] std::size_t MostOfOthers() const;
  bool Spent(const Condition& what, Wall now);
  void CountOpen();
  void Change(const std::string& fingerprint);
  void Fire(Alert& alert, Wall now, Transitions& out);
  void Resolve(Alert& alert, Wall now, Transitions& out);
  void Absent(Alert& alert, Wall now);
  bool Drop(Alert& alert, Transitions& out);
  void Calm(Alert& alert, Transitions& out);
  bool Expire(Alert& alert, Wall now, Transitions& out);
  void Forget(Wall now);

  AlertBookOptions options_;
  std::map<std::string, Alert> alerts_;  // by fingerprint
  std::set<std::string> changed_;
  std::set<std::string> touched_;
  std::size_t resolved_count_ = 0;
  // Alerts that are not resolved, by the node that told of them: counted with each Update, and grown since.
  std::map<std::string, std::size_t> open_of_;
  std::uint64_t refused_ = 0;
  std::uint64_t posted_as_ours_ = 0;
  std::map<std::string, Refused> refused_of_;
  std::optional<Wall> grace_until_;
  std::set<std::string, std::less<>> unproven_;
};

}  // namespace loadline::collector

// What waits to be sent to one receiver: most severe first, and in order within a severity.
//
// A later look at the same group says everything the earlier one said and what changed since: the earlier one
// is superseded as long as it was not begun.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "collector/alert/notification.h"

namespace loadline::collector {

class Backlog {
 public:
  struct Entry {
    Notification notification;
    std::uint32_t attempts = 0;
    Wall since{};       // when the first word that it stands for was decided
    Mono not_before{};  // it failed, and is not tried again until then
  };

  // Returns what it supersedes.
  std::vector<Entry> Add(Entry entry);
  // Groups of which something is under way, each with when the first word that it stands for was decided.
  using Busy = std::multimap<std::string, Wall>;
  // The first `most` of them, in order, but for those with which they would have more than `grave` firing alerts of Sev0
  // and Sev1, which a digest is to name one by one. At least one, unless all are of groups that are `busy`,
  // which have to wait.
  std::vector<Entry> Take(std::size_t most, std::size_t grave = std::numeric_limits<std::size_t>::max(),
                          const Busy& busy = {}, Mono now = Mono::max());
  // When Take would give any; nothing: when something is added, or is under way no more.
  [[nodiscard]] std::optional<Mono> NextBeside(const Busy& busy) const;
  // What Take begins with; null: nothing waits that may be tried now.
  [[nodiscard]] const Entry* First(Mono now = Mono::max()) const;
  // Whatever failed may be tried again at once.
  void ForgetFailures();
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  // Since when the one waits that has waited longest.
  [[nodiscard]] std::optional<Wall> WaitingSince() const;

 private:
  // Severity, then urgent before patient, then arrival.
  using Order = std::tuple<Severity, bool, std::uint64_t>;
  std::map<Order, Entry> waiting_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace loadline::collector

// From looks to what is told: a condition once when it has begun, and once when there is evidence that it is over.
//
// Pure. Bad needs a second look and has to last for the look's `hold`; good needs a second look and has to last for a
// minute, so that what comes and goes is one condition that holds. What the collector was told before the agent started is
// not known here: the first that is known of a condition is told in any case, also that it does not hold. An agent that
// was away while a disk was mended so ends what another one began.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/check.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct Looked {
  std::string source;
  Duration hold{};
  bool at_once = false;
  Mono at{};
  std::vector<Judgement> judgements;
};

class ConditionBook {
 public:
  static constexpr int kLooks = 2;
  static constexpr Duration kWell = std::chrono::minutes(1);
  // Between two words on the subjects of a condition that holds.
  static constexpr Duration kRetell = std::chrono::minutes(5);
  // Of a message, bytes.
  static constexpr std::size_t kMostMessage = 512;

  // A condition that may have this reason. It ends when all that are expected, or have been seen, are good.
  void Expect(const std::string& source, const std::string& condition, const std::string& reason);

  // What there is to be told after a look. `wall` is what the wall clock says at `now`.
  std::vector<wire::HealthEvent> Take(const Looked& looked, Mono now, Wall wall);

 private:
  struct Run {
    int looks = 0;
    Mono since{};
    void Add(Mono at) {
      if (looks++ == 0) since = at;
    }
  };
  struct Cause {
    Run bad, good;
    bool is_good = false;  // and known to be
    bool told = false;     // that it holds
    Mono told_at{};
    std::string subject_told;
    std::string subject_before;  // of the look before
  };
  struct Kept {
    std::map<std::string, Cause> causes;  // by reason
    bool end_told = false;
  };

  void TakeBad(const Looked& looked, const Judgement& judgement, Kept& kept,
               std::vector<wire::HealthEvent>& told);
  void TakeGood(const Looked& looked, const Judgement& judgement, Kept& kept,
                std::vector<wire::HealthEvent>& told);

  std::map<std::pair<std::string, std::string>, Kept> conditions_;  // by source and name
};

}  // namespace loadline::agent

// Why an alert is not told now: inhibited, outside the hours of its route, or silenced; asked in that order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/alert/alert_book.h"
#include "collector/alert/inhibit.h"
#include "collector/alert/route.h"
#include "collector/alert/silence.h"
#include "collector/calendar/time_interval.h"

namespace loadline::collector {

struct Muted {
  enum class How { kInhibited, kOutsideHours, kSilenced };
  How how;
  std::vector<std::string> by;  // fingerprints, names of intervals, ids of silences
};
std::string Words(const Muted& muted);  // "silenced by 4f..."

class Mutes {
 public:
  // `cluster` as the inhibitor has it.
  Mutes(std::vector<InhibitRule> rules, std::map<std::string, TimeIntervals> intervals,
        std::string cluster = "")
      : inhibitor_(std::move(rules), std::move(cluster)), intervals_(std::move(intervals)) {}

  [[nodiscard]] std::optional<Muted> Why(const Alert& alert, const Route& route, Wall now) const;
  // The two that hold for an alert whatever its route.
  [[nodiscard]] std::optional<Muted> Inhibited(const Alert& alert) const;
  [[nodiscard]] std::optional<Muted> Silenced(const Alert& alert, Wall now) const;

  // Whether `now` lies in one of these time intervals.
  [[nodiscard]] bool InAnyOf(const std::vector<std::string>& intervals, Wall now) const;

  Inhibitor& inhibitor() { return inhibitor_; }
  Silences& silences() { return silences_; }
  [[nodiscard]] const Silences& silences() const { return silences_; }

 private:
  [[nodiscard]] std::optional<Muted> OutsideHours(const Route& route, Wall now) const;

  Inhibitor inhibitor_;
  Silences silences_;
  std::map<std::string, TimeIntervals> intervals_;
};

}  // namespace loadline::collector

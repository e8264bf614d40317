// Which nodes are alive, by the collector's own clock: heartbeats and windows as they arrived here.
//
// Before it calls a node silent the collector asks whether it is itself the sick one: time in which its own
// loop stood still, or could not take what came in, proves nothing against anybody. Silence counts from the
// last sign of life or from the end of the last such time, whichever is later; the start of the collector is
// one, and who was not heard since has time to find it. An agent that was asked to end says so: until another one starts on its
// node, as in an upgrade, that is no silence, for as long as an upgrade takes. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct LivenessOptions {
  // Two heartbeats are missing: others are asked (witness.h). Of a node whose signs of life come with longer gaps, half as
  // long again as the longest of them.
  Duration doubt_after = std::chrono::milliseconds(2200);
  // A gap of so long is an outage, and not how the node is; nor are those while it finds its way back.
  Duration outage = std::chrono::seconds(6);
  Duration comes_back_within = std::chrono::seconds(30);
  Duration suspect_after = std::chrono::seconds(5);
  Duration silent_after = std::chrono::seconds(12);
  Duration stale_after = std::chrono::seconds(45);
  // The loop that calls Tick does so at least each second; a longer pause is a fault of the collector.
  Duration own_stall = std::chrono::seconds(3);
  // For who was not heard since the collector's start: its service has to find it first, agents wait up to 15 s between
  // attempts, and an upgrade replaces them at the same time.
  Duration find_us = std::chrono::seconds(48);
  // From the end of one agent to the start of the next: an image has to be pulled.
  Duration replaced_within = std::chrono::minutes(3);
};

struct NodeLiveness {
  NodeState state = NodeState::kReporting;
  bool doubtful = false;  // others are to be asked
  bool suspect = false;   // no heartbeat for suspect_after
  bool stopped = false;   // its agent was asked to end, and no other one has had the time to start
  // Nothing came since the collector began, or could hear anybody again: that proves nothing for it or against it.
  bool unheard = false;                // no sign of life
  bool no_window = false;              // no window was closed
  Duration silent_for{};               // as far as it counts
  Duration window_age{};               // since the last window, as far as it counts
  std::optional<Duration> back_for{};  // since the end of its last outage; nothing: it had none
  std::string reason;                  // "no heartbeat for 12 s"; empty when it is reporting
  // The node's wall clock of ours, as its agent said last; unknown of an older agent.
  std::optional<Duration> clock_ahead{};
  std::uint64_t spooled_records = 0;  // that its agent holds, as it said last
};

class Liveness {
 public:
  Liveness(LivenessOptions options, Mono started)
      : options_(options),
        found_by_(started + options.find_us),
        excused_until_(started),
        last_tick_(started) {}

  // A node is known, though nothing was heard of it since the start.
  void Expect(std::string_view node);
  // And it was away before: its next sign of life is the end of an outage.
  void ExpectBack(std::string_view node);
  // A sign of life. `window_age` is what the agent says of its last closed window, when it says so.
  void Heard(std::string_view node, Mono at, std::optional<Duration> window_age = {});
  // The agent was asked to end.
  void Stopped(std::string_view node, Mono at);
  // An agent greets: the one of this start, or, with the same `epoch`, the same anew. Another one has had no time to
  // close a window.
  void Greeted(std::string_view node, std::uint64_t epoch, Mono at);
  // What the agent's last message says of its node's clock. No sign of life by itself.
  void Clock(std::string_view node, std::optional<Duration> ahead);
  // And of records that nobody has acknowledged yet.
  void Spooled(std::string_view node, std::uint64_t records);
  // Forgets those that are not known any more.
  void KeepOnly(const std::function<bool(const std::string& node)>& known);

  // To be called at least each second.
  void Tick(Mono now);
  // Up to now the collector could not have heard anybody.
  void Excuse(Mono now) { excused_until_ = std::max(excused_until_, now); }

  [[nodiscard]] NodeLiveness Of(std::string_view node, Mono now) const;
  // Which nodes others are to be asked about.
  [[nodiscard]] std::set<std::string, std::less<>> Doubtful(Mono now) const;

 private:
  struct Signs;
  void NoteGap(Signs& signs, Mono at) const;
  [[nodiscard]] bool IsAway(const Signs& signs) const;
  [[nodiscard]] bool IsStopped(const Signs& signs, Mono now) const;
  [[nodiscard]] bool IsDoubtful(const Signs& signs, Mono now) const;
  // How long ago that was, as far as it counts; never seen: since it could have been.
  [[nodiscard]] Duration Since(const std::optional<Mono>& sign, Mono now) const;

  struct Signs {
    std::optional<Mono> heard;
    std::optional<Mono> window_closed;
    std::optional<Mono> window_told;  // when its agent last said so
    std::optional<Mono> stopped;
    // The longest between two signs of life that was no outage, of the last ten minutes or so.
    Duration longest_gap{};
    Mono longest_gap_at{};
    bool away = false;            // it was, before a time that counts against nobody
    std::optional<Mono> back_at;  // from its last outage
    std::uint64_t epoch = 0;      // of the agent's start
    std::optional<Duration> clock_ahead;
    std::uint64_t spooled_records = 0;
  };
  LivenessOptions options_;
  Mono found_by_;
  Mono excused_until_;
  Mono last_tick_;
  std::map<std::string, Signs, std::less<>> nodes_;
};

}  // namespace loadline::collector

#include "collector/ingest/node_clock.h"

#include <algorithm>
#include <span>

#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

std::int64_t Ns(Mono time) {
  return time.time_since_epoch().count();
}
std::int64_t Ns(Wall time) {
  return time.time_since_epoch().count();
}

}  // namespace

void NodeClock::Heard(const wire::ClockReading& clocks, Received now) {
  if (!clocks.IsTold()) return;
  differences_[heard_++ % kKept] = SaturatingDifference(Ns(now.mono), clocks.mono_ns);
  const std::int64_t made = SaturatingDifference(Ns(now.wall), Age(clocks, now.mono).count());
  ahead_ = Duration(SaturatingDifference(clocks.wall_ns, made));
}

Duration NodeClock::Correction(const wire::Record& record, std::uint64_t epoch, Received now) const {
  if (!ahead_) return Duration::zero();
  Duration correction(SaturatingDifference(0, ahead_->count()));
  if (record.epoch == epoch && record.made.IsTold()) {
    const std::int64_t made = SaturatingDifference(Ns(now.wall), Age(record.made, now.mono).count());
    correction = Duration(SaturatingDifference(made, record.made.wall_ns));
  }
  const bool tolerated = correction < kTolerated && correction > -kTolerated;
  return tolerated ? Duration::zero() : correction;
}

std::int64_t NodeClock::Difference() const {
  return std::ranges::min(std::span(differences_).first(std::min(heard_, kKept)));
}

Duration NodeClock::Age(const wire::ClockReading& made, Mono now) const {
  const std::int64_t age = SaturatingDifference(SaturatingDifference(Ns(now), Difference()), made.mono_ns);
  return Duration(std::max<std::int64_t>(age, 0));
}

void MoveTimes(wire::Record& record, Duration by) {
  const auto move = [by](std::int64_t& time) { time = SaturatingSum(time, by.count()); };
  if (auto* report = std::get_if<wire::Report>(&record.body)) {
    move(report->window_start_ns);
    move(report->window_end_ns);
    return;
  }
  std::visit([&](auto& event) { move(event.at_ns); }, std::get<wire::Event>(record.body));
}

}  // namespace loadline::collector

#include "agent/top/top_rows.h"

#include <algorithm>
#include <utility>

#include "agent/identity/display_name.h"
#include "schemas/base/printable.h"

namespace loadline::agent {
namespace {

double Growth(std::uint64_t before, std::uint64_t now) {
  return now > before ? static_cast<double>(now - before) : 0;
}

bool IsLeaf(const wire::CgroupIdentity& who) {
  return who.kind != wire::CgroupKind::kRoot && who.kind != wire::CgroupKind::kSlice &&
         who.kind != wire::CgroupKind::kPod && who.sub_path.empty();
}

}  // namespace

void TopRows::Add(std::span<const CgroupCounters> samples, Mono now) {
  seconds_ = last_ ? Seconds(now - *last_) : 0;
  last_ = now;
  rows_.clear();
  for (auto& [ref, before] : before_) before.seen = false;
  for (const CgroupCounters& sample : samples) {
    if (!sample.cpu && !sample.memory) continue;  // gone already
    const auto [place, is_new] = before_.try_emplace(sample.ref);
    Before& before = place->second;
    if (is_new) before.counters = sample;
    before.row = rows_.size();
    before.seen = true;
    rows_.push_back(MakeRow(sample, before));
    before.counters = sample;
  }
  std::erase_if(before_, [](const auto& each) { return !each.second.seen; });
  std::erase_if(told_kills_, [this](const auto& each) { return !before_.contains(each.first); });
}

TopRow TopRows::MakeRow(const CgroupCounters& now, const Before& before) const {
  TopRow row{.ref = now.ref};
  if (const auto who = table_.Identity(now.ref)) {
    row.name = Printable(DisplayName(*who));
    row.leaf = IsLeaf(*who);
  }
  if (now.cpu) {
    const CpuCounters last = before.counters.cpu.value_or(CpuCounters{});
    const double periods = Growth(last.periods, now.cpu->periods);
    if (seconds_ > 0) row.cores = Growth(last.usage_ns, now.cpu->usage_ns) / 1e9 / seconds_;
    if (periods > 0) row.throttled = Growth(last.throttled_periods, now.cpu->throttled_periods) / periods;
    if (now.cpu->quota_us > 0 && now.cpu->period_us > 0) {
      row.cpu_limit = static_cast<MilliCores>(now.cpu->quota_us * 1000 / now.cpu->period_us);
    }
  }
  if (now.memory) {
    row.memory = now.memory->current;
    row.peak = std::max(now.memory->peak, now.memory->current);
    row.limit = now.memory->limit;
    row.oom_kills = now.memory->events_oom_kill;
  }
  if (now.probes && seconds_ > 0) {
    const ProbeCounters last = before.counters.probes.value_or(ProbeCounters{});
    row.waiting = Growth(last.run_queue_wait_ns, now.probes->run_queue_wait_ns) / 1e9 / seconds_;
  }
  if (const auto told = told_kills_.find(now.ref); told != told_kills_.end()) {
    row.oom_kills = std::max(row.oom_kills, told->second);
  }
  return row;
}

void TopRows::AddPressure(std::uint32_t ref, const PressureCounters& totals) {
  const auto found = before_.find(ref);
  if (found == before_.end()) return;
  const auto last = std::exchange(found->second.pressure, totals);
  if (!last || seconds_ <= 0) return;
  TopRow& row = rows_[found->second.row];
  const auto share = [&](std::uint64_t before, std::uint64_t now) {
    return std::min(1.0, Growth(before, now) / 1e6 / seconds_);
  };
  row.cpu_stall = share(last->cpu_some_us, totals.cpu_some_us);
  row.memory_stall = share(last->memory_some_us, totals.memory_some_us);
  row.io_stall = share(last->io_some_us, totals.io_some_us);
}

}  // namespace loadline::agent

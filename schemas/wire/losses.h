// What the agent can lose, once: whoever adds up, subtracts, sends, keeps, shows or says losses goes through this table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace loadline::wire {

// What the agent itself lost or could not do during the window. All counts; nothing is lost silently.
struct LossCounts {
  std::uint64_t ring_full = 0;
  std::uint64_t map_full = 0;
  std::uint64_t unknown_cgroup = 0;
  std::uint64_t bad_event = 0;
  std::uint64_t failed_readings = 0;
  std::uint64_t missed_samples = 0;
  std::uint64_t spool_dropped_reports = 0;
  std::uint64_t spool_dropped_events = 0;
  std::uint64_t log_records = 0;
  bool operator==(const LossCounts&) const = default;
};

struct Loss {
  std::uint64_t LossCounts::* count;
  const char*
      name;  // of its field in report.fbs and state.fbs, in JSON, and as the label `reason` of the metric
  const char* words;  // after a number, for people
};

inline constexpr Loss kLosses[] = {
    {&LossCounts::ring_full, "ring_full", "kernel events that found the ring full"},
    {&LossCounts::map_full, "map_full", "kernel figures that found their map full"},
    {&LossCounts::unknown_cgroup, "unknown_cgroup", "events of unknown cgroups"},
    {&LossCounts::bad_event, "bad_event", "malformed kernel events"},
    {&LossCounts::failed_readings, "failed_readings", "failed readings"},
    {&LossCounts::missed_samples, "missed_samples", "missed samples"},
    {&LossCounts::spool_dropped_reports, "spool_dropped_reports", "reports that fell out of the full spool"},
    {&LossCounts::spool_dropped_events, "spool_dropped_events", "events that fell out of the full spool"},
    {&LossCounts::log_records, "log_records",
     "records of the kernel's log that were overwritten before they were read"}};
static_assert(sizeof(LossCounts) == std::size(kLosses) * sizeof(std::uint64_t), "each has its row");

// Losses of report.fbs or of state.fbs, as flatc describes the table: its fields are the rows, by name and in order.
template <typename Table>
constexpr bool HasEachLoss() {
  if (Table::Traits::fields_number != std::size(kLosses)) return false;
  for (std::size_t i = 0; i < std::size(kLosses); ++i) {
    if (std::string_view(Table::Traits::field_names[i]) != kLosses[i].name) return false;
  }
  return true;
}

using EachLoss = std::make_index_sequence<std::size(kLosses)>;

// Nothing when nothing was lost.
template <typename Table, typename Builder>
auto WriteLosses(Builder& to, const LossCounts& losses) {
  static_assert(HasEachLoss<Table>());
  const auto write = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return Table::Traits::Create(to, losses.*kLosses[I].count...);
  };
  return losses == LossCounts{} ? decltype(write(EachLoss{}))() : write(EachLoss{});
}

// All zero when there is no table.
template <typename Table>
LossCounts ReadLosses(const Table* from) {
  static_assert(HasEachLoss<Table>());
  LossCounts losses;
  if (from == nullptr) return losses;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((losses.*kLosses[I].count = from->template get_field<I>()), ...);
  }(EachLoss{});
  return losses;
}

}  // namespace loadline::wire

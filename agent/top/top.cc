#include "agent/top/top.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>

#include <cstdio>

#include "agent/top/terminal.h"
#include "agent/top/top_rows.h"

namespace loadline::agent {
namespace {

// Two lines above the table, and the line of keys below it.
constexpr std::size_t kOtherLines = 4;

class Top {
 public:
  Top(const TopOptions& options, NodeSource& source, const Clock& clock)
      : options_(options), source_(source), clock_(clock), rows_(source.table()) {
    view_.sort = options.sort;
    view_.reverse = options.reverse;
    view_.all = options.all;
  }

  Result<void> RunPlain(int stop_fd) {
    view_.height = options_.rows;
    if (auto sampled = Sample(); !sampled) return sampled;
    for (int picture = 0; picture < options_.count; ++picture) {
      if (!Wait(clock_.Now() + options_.interval, stop_fd)) return {};
      if (auto sampled = Sample(); !sampled) return sampled;
      if (picture > 0) std::fputs("\n", stdout);
      std::fputs((Summary() + Table()).c_str(), stdout);
      std::fflush(stdout);
    }
    return {};
  }

  Result<void> RunLive(int stop_fd) {
    auto terminal = Terminal::Take();
    if (!terminal) return Failure(terminal.error());
    const auto wake = terminal->WaitForKeysOr(stop_fd);
    if (!wake) return Failure(wake.error());
    view_.colour = true;
    if (auto sampled = Sample(); !sampled) return sampled;
    // The first rates are there soon.
    for (Mono next = clock_.Now() + options_.interval / 4;;) {
      Draw(*terminal);
      if (Wait(next, wake->get())) {
        next = clock_.Now() + options_.interval;
        if (auto sampled = Sample(); !sampled) return sampled;
        continue;
      }
      pollfd stopping{.fd = stop_fd, .events = POLLIN, .revents = 0};
      if (::poll(&stopping, 1, 0) > 0) return {};
      if (const auto key = terminal->Key(); key && !Obey(*key)) return {};
    }
  }

 private:
  bool Wait(Mono until, int wake_fd) {
    return source_.WaitUntil(until, wake_fd, [this](const KernelEvent& event) {
      const auto* victim = std::get_if<OomVictim>(&event);
      if (victim == nullptr) return;
      const auto ref = source_.table().Find(victim->victim.hierarchy, victim->victim.id);
      if (ref) rows_.AddOomKill(*ref);
      ++kills_;
    });
  }

  Result<void> Sample() {
    const Mono now = clock_.Now();
    const auto samples = source_.Sample(now, Depth::kAll);
    if (!samples) return Failure(samples.error());
    (void)source_.TakeBorn();
    rows_.Add(*samples, now);
    // Idle ones too when all are shown; otherwise their files are not worth opening.
    for (const TopRow& row : std::vector<TopRow>(rows_.rows())) {
      if (!view_.all && row.cores == 0 && row.memory == 0) continue;
      if (const auto pressure = source_.Pressure(row.ref)) rows_.AddPressure(row.ref, *pressure);
    }
    return {};
  }

  [[nodiscard]] std::string Summary() {
    double cores = 0;
    for (const TopRow& row : rows_.rows()) {
      if (row.name == "(machine)") cores = row.cores;
    }
    return fmt::format(
        "{:%H:%M:%S} UTC  {:.2f} cores in use  {} available  {} cgroups  {} OOM kills seen\n",
        fmt::gmtime(std::chrono::system_clock::to_time_t(
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.WallNow()))),
        cores, FormatBytes(source_.MemoryAvailable().value_or(0)), source_.table().alive(), kills_);
  }

  [[nodiscard]] std::string Table() const { return RenderTop(SelectRows(rows_.rows(), view_), view_); }

  void Draw(const Terminal& terminal) {
    const Terminal::Size size = terminal.size();
    view_.width = size.columns;
    view_.height = size.lines > kOtherLines ? size.lines - kOtherLines : 1;
    terminal.Show(Summary() + "\n" + Table() +
                  "sort: c cpu  t throttled  w wait  m memory  k peak  l limit  p s i pressure  o oom  n name"
                  " | r reverse  a all  q quit");
  }

  // False for quit.
  bool Obey(char key) {
    if (key == 'q' || key == 'Q') return false;
    if (key == 'r') view_.reverse = !view_.reverse;
    if (key == 'a') view_.all = !view_.all;
    if (const auto column = TopColumnOf(key)) {
      view_.reverse = false;
      view_.sort = *column;
    }
    return true;
  }

  const TopOptions options_;
  NodeSource& source_;
  const Clock& clock_;
  TopRows rows_;
  TopView view_;
  std::uint64_t kills_ = 0;
};

}  // namespace

Result<void> RunTop(const TopOptions& options, NodeSource& source, int stop_fd, const Clock& clock) {
  Top top(options, source, clock);
  return options.count > 0 ? top.RunPlain(stop_fd) : top.RunLive(stop_fd);
}

}  // namespace loadline::agent

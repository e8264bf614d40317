#include "collector/app/core_loop.h"

#include <algorithm>
#include <iterator>

#include "schemas/base/prompt_thread.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

bool IsUrgent(const Delivery& delivery) {
  if (std::holds_alternative<Knock>(delivery)) return true;
  const auto* record = std::get_if<IngestedRecord>(&delivery);
  return record != nullptr && std::holds_alternative<wire::Event>(record->record.body);
}

// Waits for the first delivery until `until`, then for company. Empty when none came.
std::deque<Delivery> Gather(BoundedQueue<Delivery>& queue, const Clock& clock, Mono until) {
  std::deque<Delivery> batch;
  std::optional<Delivery> first = queue.Pop(std::max<Duration>(until - clock.Now(), 1ms));
  if (!first) return batch;
  const Mono full = clock.Now() + kGather;
  bool urgent = IsUrgent(*first);
  batch.push_back(std::move(*first));
  for (;;) {
    std::deque<Delivery> more = queue.TakeAll();
    urgent = urgent || std::ranges::any_of(more, IsUrgent);
    std::ranges::move(more, std::back_inserter(batch));
    const Duration patience = full - clock.Now();
    if (urgent || patience <= Duration(0)) return batch;
    std::optional<Delivery> next = queue.Pop(patience);
    if (!next) return batch;
    urgent = IsUrgent(*next);
    batch.push_back(std::move(*next));
  }
}

}  // namespace

void RunCoreLoop(Core& core, BoundedQueue<Delivery>& queue, Errands& errands, const Clock& clock,
                 const std::stop_token& stop) {
  BePrompt("core");
  Mono next_tick = clock.Now();
  Mono next_watch = next_tick;
  while (!stop.stop_requested()) {
    std::deque<Delivery> batch =
        core.behind() ? queue.TakeAll() : Gather(queue, clock, std::min(next_tick, next_watch));
    if (!batch.empty() || core.behind()) core.Take(std::move(batch));
    core.Do(errands);
    const Mono now = clock.Now();
    if (now >= next_watch) {
      next_watch = now + kWatch;
      if (core.Watch()) next_tick = now;
    }
    if (now >= next_tick) {
      core.Tick();
      // Not from the last tick on: after a stall there is nothing to catch up with.
      next_tick = now + kTick;
    }
  }
  errands.Close();
  core.Take(queue.TakeAll());
  core.Finish();
}

}  // namespace loadline::collector

// Trials as versions before schemas/state.fbs saved them: read once, after the upgrade.
#include "collector/apply/trial_state.h"
#include "collector/model/loader_before_tags.h"

namespace loadline::collector {

template <typename A>
void Fields(A& a, Amounts& amounts) {
  a(amounts.cpu, amounts.memory);
}

template <typename A>
void Fields(A& a, ContainerSize& size) {
  a(size.name, size.request, size.limit);
}

template <typename A>
void Fields(A& a, Symptoms& s) {
  a(s.container, s.last_window, s.measured, s.periods, s.throttled_periods, s.memory_stall_us);
}

template <typename A>
void Fields(A& a, Trial::Resized& r) {
  a(r.pod, r.uid, r.before, r.restarts, r.kills, r.after);
}

template <typename A>
void Fields(A& a, Trial& t) {
  a(t.phase, t.since, t.not_before, t.canary, t.target, t.accepted, t.left_alone, t.before, t.resized,
    t.reason);
}

namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

Result<Trial> LoadTrialBeforeTags(std::string_view bytes) {
  Loader loader(bytes);
  std::uint8_t version = 0;
  Trial trial;
  loader(version, trial);
  if (version != kVersion || !loader.ok() || !loader.AtEnd() || trial.phase > TrialPhase::kReverting)
    return Failure(ErrorKind::kInvalid, "a saved trial cannot be read");
  return trial;
}

}  // namespace loadline::collector

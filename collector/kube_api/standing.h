// How something that is asked of the API server again and again goes, for people: counted, and said when it
// begins to fail. From any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Standing {
 public:
  // `kind` as in WatchView. `clock` must outlive it.
  Standing(std::string kind, const Clock& clock)
      : clock_(clock), view_{.kind = std::move(kind), .state = "listing"}, last_done_(clock.Now()) {}

  // Counts a success as one of `what`, a failure as such. `doing` says what failed: "listing pods". The same
  // kind of failure again and again is logged once.
  void Note(std::uint64_t WatchView::* what, const std::string& doing, const Result<void>& result);

  // Its age is counted from the last success, or from the beginning.
  [[nodiscard]] WatchView View() const;
  [[nodiscard]] bool failing() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  WatchView view_;
  std::optional<ErrorKind> failure_;
  Mono last_done_;
};

}  // namespace loadline::collector

// What became of sends, noted from the instant it is known until alerting has it in its journal.
//
//   OutcomeLog log(store.notes());
//   log.Load()                                // what the journal may lack, for alerting to settle first
//   log.Note(reports)                         // each time a lane has news
//   log.Turn(); ...commit...; log.Forget();   // the journal has what was noted before the turn
//
// The journal is the core thread's, which may be busy for a while; a kill -9 meanwhile would have everything
// sent again that was delivered since. After a loss of power a message may come again: nobody waits for the
// disk. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/alert/outbox.h"
#include "collector/notes/note_log.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class OutcomeLog {
 public:
  // They must outlive it.
  explicit OutcomeLog(NoteLog& notes) : notes_(notes) {}

  // In the order in which they were noted. A line that a kill cut off is left out.
  Result<std::vector<DeliveryReport>> Load();

  // Only what is final, or what a sink wants kept. A note that cannot be written is counted; then a kill
  // before the next commit means a message twice.
  void Note(std::span<const DeliveryReport> reports);
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

  void Turn() { notes_.Turn(); }
  void Forget() { notes_.Forget(); }

 private:
  NoteLog& notes_;
  std::uint64_t number_ = 0;  // of the last note
  std::uint64_t lost_ = 0;
};

}  // namespace loadline::collector

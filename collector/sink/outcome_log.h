// What became of sends, on file from the instant it is known until alerting has it in its journal.
//
//   OutcomeLog::Open(folder)                  // once the state folder is ours alone
//   log.Load()                                // what the journal may lack, for alerting to settle first
//   log.Note(reports)                         // each time a lane has news
//   log.Turn(); ...commit...; log.Forget();   // the journal has what was noted before the turn
//
// The journal is the core thread's, which may be busy for a while; a kill -9 meanwhile would have everything
// sent again that was delivered since. A note is one write without waiting for the disk: it survives a kill,
// and perhaps not a loss of power, after which a message may come again.
//
// Two files take turns, so that one can be emptied while the other is written. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/alert/outbox.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class OutcomeLog {
 public:
  static Result<std::unique_ptr<OutcomeLog>> Open(const std::string& folder);

  // In the order in which they were noted. A line that a kill cut off is left out.
  Result<std::vector<DeliveryReport>> Load();

  // Only what is final, or what a sink wants kept. A note that cannot be written is counted; then a kill
  // before the next commit means a message twice.
  void Note(std::span<const DeliveryReport> reports);
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

  // From here on notes go to the other file; as long as that one is not empty, they go where they went.
  void Turn();
  // Empties the files that are not written to now.
  void Forget();

  // A file that commits do not empty stops growing here.
  static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

 private:
  struct File {
    Fd fd;
    std::size_t bytes = 0;
  };
  explicit OutcomeLog(std::array<File, 2> files) : files_(std::move(files)) {}

  std::array<File, 2> files_;
  std::size_t written_ = 0;   // which of them
  std::uint64_t number_ = 0;  // of the last note
  std::uint64_t lost_ = 0;
};

}  // namespace loadline::collector

// Repairs as they are decided, journaled and ordered: the intent is durable before the act, the outcome follows. At
// whatever instant it is killed, no act is made twice and none is forgotten.
//
//   Repairs repairs(options, journal, executor);
//   repairs.Recover(now);                    // once, first
//   repairs.Step(fleet, now);                // at least each second
//
// What stands in the journal as ordered when a process starts may have been done, or not: the executor is asked. What was
// done is known to be; what was not begun is decided anew, since the node may be well by now; what nobody can tell is
// shown to a person. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/repair/executor.h"
#include "collector/repair/journal.h"
#include "collector/repair/repairer.h"

namespace loadline::collector {

class Repairs {
 public:
  // Outlived by journal and executor.
  Repairs(RepairOptions options, RepairJournal& journal, RepairExecutor& executor)
      : repairer_(std::move(options)), journal_(journal), executor_(executor) {}

  // Fails with the journal. What cannot be read in it is left out and counted.
  Result<void> Recover(Wall now);
  // What was decided and, where it is to be carried out, ordered. When the journal fails nothing was decided.
  Repairer::Outcome Step(const Fleet& fleet, Wall now);
  // Durable when they return without a failure; a decision that could not be saved is not made.
  Result<void> Approve(std::string_view order_id, const std::string& who, Wall now);
  Result<void> Refuse(std::string_view order_id, const std::string& who, Wall now);

  // See Repairer::Learn.
  void Learn(const std::vector<RecordedRepair>& repairs, Wall now) { repairer_.Learn(repairs, now); }

  [[nodiscard]] const Repairer& repairer() const { return repairer_; }
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] std::uint64_t failed_writes() const { return failed_writes_; }

 private:
  void HearOf(Wall now);
  Result<void> Write(const std::vector<Repairer::Change>& changes);
  Result<void> Keep(const Repairer::Outcome& decided);

  Repairer repairer_;
  RepairJournal& journal_;
  RepairExecutor& executor_;
  std::uint64_t left_out_ = 0;
  std::uint64_t failed_writes_ = 0;
};

}  // namespace loadline::collector

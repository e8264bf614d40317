// The repair of one node, from the first step to its end: a value that is known durably before anything is done for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collector/repair/policy.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Of a pool. Numbers are saved.
enum class RepairMode : std::uint8_t {
  kOff,
  kDryRun,  // says what it would do, within the same bounds
  kAsk,     // each step waits for a person
  kAuto,
};
const char* Name(RepairMode mode);  // "off", "dry-run", "ask", "auto"

enum class StepState : std::uint8_t {
  kNone,  // the case is open, and no step is under way
  kAsked,
  kApproved,  // by a person: it is ordered as soon as the envelope lets it
  kRefused,   // by a person: nothing more is done until the node is well
  kOrdered,   // it is to be done, or is being done, or was done and we have not heard
  kDone,
  kFailed,
  kUnclear,  // whether it was done cannot be found out: it is never done again
};
const char* Name(StepState state);  // "none", "asked" ...

struct RepairCase {
  std::string node;
  std::string pool;
  std::string zone;
  RepairMode mode = RepairMode::kDryRun;
  NodeTrouble trouble{};  // that it was opened for
  Wall opened{};
  std::optional<Wall> taken;  // when capacity was first taken for it
  std::optional<Wall> closed;

  RepairStep step{};
  StepState state = StepState::kNone;
  Wall at{};                       // since when it is in this state
  Duration patience{};             // after the step
  std::uint32_t attempt = 0;       // of the step: one that was never begun may be ordered again
  std::optional<RepairStep> done;  // the highest step that is over, however it ended

  bool cordoned = false;  // by us, or perhaps
  bool told = false;      // a person was, or decided against it: the ladder is at its end
  std::string reason;     // why the step is made
  std::string detail;     // how it ended, or who decided

  // Names the case among all that there ever are.
  [[nodiscard]] std::string Key() const;
  // Names the step: an order with a name that was carried out already is not carried out again.
  [[nodiscard]] std::string OrderId() const;
  [[nodiscard]] bool open() const { return !closed; }
  // It holds capacity now.
  [[nodiscard]] bool InFlight() const { return open() && taken && !told; }
  [[nodiscard]] bool real() const { return mode == RepairMode::kAsk || mode == RepairMode::kAuto; }
  bool operator==(const RepairCase&) const = default;
};

// The key of the case that an order is of, by the order's id; and node and opening of a case, by its key: nothing where it
// is none.
std::string_view KeyOfOrder(std::string_view order_id);
std::optional<std::pair<std::string, Wall>> CaseOfKey(std::string_view key);

// As a piece of schemas/state.fbs and back.
std::string SaveCase(const RepairCase& repair);
// Fails on bytes that SaveCase did not write, and on values that only a later version knows.
Result<RepairCase> LoadCase(const std::string& bytes);

}  // namespace loadline::collector

// What waits to be committed, and whose turn it is.
//
//   intake.Add(std::move(record), cost, now);
//   for (;;) {
//     Intake::Batch batch = intake.Next(most, now, has_share);
//     if (batch.empty()) break;                          // nothing may go now
//     if (!store(batch)) { intake.PutBack(std::move(batch)); break; }
//   }
//
// Nodes take turns, a record each a round, so that one that sends much waits behind itself; the records of
// one node keep their order. A node may spend so much a minute, and not more than four minutes' worth at
// once; what is beyond waits here, and its agent with it: nothing is dropped. When much waits of all together
// it is not one node that sends too much, as after an hour without a collector: then nobody waits for its
// budget. What is believed already has been paid for, and goes first. Not thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/ingest/delivery.h"
#include "schemas/base/units.h"

namespace loadline::collector {

struct IntakeOptions {
  Bytes node_rate = 16 * kMiB;  // what one node may spend in a minute
  Bytes relief = 32 * kMiB;     // of all nodes: when more waits budgets do not count
  std::size_t records = 1000;   // of a batch, at most
};

class Intake {
 public:
  struct Waiting {
    IngestedRecord record;
    Bytes cost = 0;
    bool believed = false;  // the model has it already
  };
  using Batch = std::vector<Waiting>;

  explicit Intake(IntakeOptions options) : options_(options) {}

  // `cost` is what it takes of its node's budget: its bytes, and what they set off.
  void Add(IngestedRecord record, Bytes cost, Mono now);
  // At most so many bytes, of frames or of what they cost where that is more, but one record at least.
  // `has_share` says of a node whether its records may go into the store at all.
  Batch Next(Bytes most, Mono now, const std::function<bool(const std::string& node)>& has_share);
  // What could not be committed, as Next gave it.
  void PutBack(Batch batch);
  // Shows what waits and is not believed yet, nodes in turns and each node's in order, while `believe` says
  // that there is time. Those that wait for their budget or share are passed over.
  void EachNew(const std::function<bool(const IngestedRecord&)>& believe);

  [[nodiscard]] bool empty() const { return records_ == 0; }
  [[nodiscard]] std::size_t records() const { return records_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  // Of those whose budget or share is spent, how much waits and since when.
  struct Held {
    Bytes bytes = 0;
    Mono since{};
  };
  [[nodiscard]] std::map<std::string, Held> held() const;

 private:
  struct Line {
    std::deque<Waiting> waiting;
    std::size_t believed = 0;  // of them, the first ones
    Bytes bytes = 0;
    double budget = 0;
    Mono counted{};  // when the budget was that
    bool in_turn = false;
    std::optional<Mono> held_since;
  };
  void Refill(Line& line, Mono now) const;
  void Enter(const std::string& node, Line& line);

  IntakeOptions options_;
  std::map<std::string, Line> lines_;  // those with records, or with a budget that is not whole
  std::deque<std::string> turn_;       // nodes with records, the next one first
  std::size_t records_ = 0;
  Bytes bytes_ = 0;
};

// How much of the store each node's records have that no snapshot holds yet, as far as is known.
class StoreShares {
 public:
  void Stored(const std::string& node, Bytes bytes) {
    fresh_[node] += bytes;
    fresh_bytes_ += bytes;
  }
  // A snapshot of all that is stored has begun, and what such a one holds was deleted.
  void Begun();
  void Pruned() { folding_.clear(); }
  [[nodiscard]] Bytes Of(const std::string& node) const;
  // Of all, since the last snapshot began.
  [[nodiscard]] Bytes fresh() const { return fresh_bytes_; }

 private:
  std::map<std::string, Bytes> fresh_;
  std::map<std::string, Bytes> folding_;
  Bytes fresh_bytes_ = 0;
};

}  // namespace loadline::collector

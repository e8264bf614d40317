// How many connections there may be, for each address and altogether, and which have to go when there are
// more.
//
// A connection goes through three stages. In the first two anybody may be: there the newest is let in and the
// oldest goes, first of the same address and then of all, because an agent is through in milliseconds and who
// holds a place for longer is none. In the third are nodes that are known: there nobody goes for another.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/ingest/allowance.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

enum class Stage : std::uint8_t {
  kShaking,  // has not shown a key
  kSilent,   // has a key that is admitted, but has not said which node it is
  kGreeted,  // speaks for a node
};
inline constexpr int kStages = 3;

struct AdmissionLimits {
  struct Bound {
    std::size_t per_address = 0;
    std::size_t all = 0;
    Duration patience{0};  // no longer in this stage; 0: as long as it likes
  };
  std::array<Bound, kStages> stages{{
      {.per_address = 256, .all = 1024, .patience = std::chrono::seconds(10)},
      {.per_address = 256, .all = 1024, .patience = std::chrono::seconds(20)},
      {.per_address = 4096, .all = 20'000, .patience = {}},
  }};
  // Handshakes of an address: so many at once, and so many a second on. Each costs a third of a millisecond.
  double handshakes_at_once = 1000;
  double handshakes_a_second = 200;
};

class Admission {
 public:
  using ConnectionId = std::uint64_t;
  explicit Admission(const AdmissionLimits& limits) : limits_(limits) {}

  // A new connection. Gives those that have to go for it.
  [[nodiscard]] std::vector<ConnectionId> Arrive(ConnectionId id, const std::string& address, Mono now);
  // It has shown a key that is admitted. Gives those that have to go for it.
  [[nodiscard]] std::vector<ConnectionId> Identify(ConnectionId id, Mono now);
  // It speaks for a node. False when there are enough of its address, or altogether: it stays where it is.
  [[nodiscard]] bool Greet(ConnectionId id, Mono now);
  void Leave(ConnectionId id);

  // Whether this address may do a step of a handshake now.
  [[nodiscard]] bool MayShake(const std::string& address, Mono now);

  // Those that have been where they are for too long.
  [[nodiscard]] std::vector<ConnectionId> Overdue(Mono now) const;

  [[nodiscard]] std::size_t connections(Stage stage) const { return stages_[Index(stage)].size(); }
  [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

 private:
  using Queue = std::list<ConnectionId>;  // the oldest first
  struct Place {
    Stage stage = Stage::kShaking;
    Mono since{};
    std::string address;
    Queue::iterator in_all;
    Queue::iterator in_address;
  };
  struct Address {
    std::array<Queue, kStages> connections;
    Allowance handshakes;
  };
  static std::size_t Index(Stage stage) { return static_cast<std::size_t>(stage); }

  void Enter(ConnectionId id, Place& place, Stage stage, Mono now);
  void Take(Place& place);
  [[nodiscard]] std::vector<ConnectionId> MakeRoom(const std::string& address, Stage stage) const;
  void ForgetQuietAddresses(Mono now);

  const AdmissionLimits limits_;
  std::unordered_map<ConnectionId, Place> places_;
  std::array<Queue, kStages> stages_;
  std::unordered_map<std::string, Address> addresses_;
  Mono next_forgetting_{};
};

}  // namespace loadline::collector

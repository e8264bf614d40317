// The collector's side of the protocol, without threads and sockets: frames and time come in as arguments,
// answers and deliveries go out through interfaces. docs/protocol.md tells what is said when.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/ingest/allowance.h"
#include "collector/ingest/delivery.h"
#include "collector/ingest/metrics.h"
#include "collector/ingest/node_clock.h"
#include "collector/ingest/token.h"
#include "schemas/base/clock.h"
#include "schemas/base/secret.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

struct ReceptionOptions {
  // A node's name is free again when its agent has said nothing for so long.
  Duration silence = std::chrono::seconds(10);
  // A connection is forgotten when nothing came for so long.
  Duration forget_peer = std::chrono::minutes(1);
  // Delivered and not yet committed, at most.
  std::size_t uncommitted_bytes = 64 << 20;
  std::size_t most_peers = 20'000;
  // Names that have ever spoken: what is known of each is kept, so that nothing is delivered twice.
  std::size_t most_nodes = 100'000;
  // Of one node: not yet committed at most, so that others have room beside it. And no more than a quarter of
  // the room that is left, so that any number of greedy ones leaves some: n of them fill n / (n + 4) of it.
  std::size_t uncommitted_bytes_of_node = 16 << 20;
  // Hellos of one connection, and of one node: so many at once, and then so many a second.
  double hellos_at_once = 10;
  double hellos_a_second = 1;
  // How often a token is checked again while its agent goes on.
  Duration check_tokens_every = std::chrono::minutes(5);
  std::uint32_t window_ms = 0;  // asked of agents; 0 leaves it to them
};

// The name of a connection, as the network layer gives it; never used again for another.
using PeerId = std::string;

// Where answers go.
class Replies {
 public:
  virtual ~Replies() = default;
  // False when the peer is gone or does not take any more; the answer is then lost.
  virtual bool Send(const PeerId& peer, const wire::Message& message) = 0;
  // The peer speaks for a node now. False when its address has enough connections that do; it is then gone.
  virtual bool Admit(const PeerId&) { return true; }
  // Nothing more is to be read of the peer before then.
  virtual void Rest(const PeerId&, Mono) {}
  // The peer has nothing to say any more: the connection ends, after what was sent to it.
  virtual void End(const PeerId&) {}
};

// Where deliveries go.
class Deliveries {
 public:
  virtual ~Deliveries() = default;
  [[nodiscard]] virtual bool HasRoom() const = 0;
  // Called after HasRoom said yes, by the only one who fills it.
  virtual void Deliver(Delivery delivery) = 0;
};

class Reception {
 public:
  Reception(ReceptionOptions options, const std::vector<Watermark>& watermarks, TokenVerifier& tokens,
            Replies& replies, Deliveries& deliveries);

  // Whether a frame may be handed in now. When not, reading has to wait for Committed or for the core.
  [[nodiscard]] bool Ready();

  // One frame. `address` names the sender as long as nothing better does.
  void OnFrame(const PeerId& peer, std::string_view address, std::span<const std::byte> frame, Received now);

  void OnCommitted(const std::vector<Watermark>& watermarks);

  // While the store is away nobody is kept from speaking: what has no room is passed over, with all that
  // comes behind it, and its agent is asked to greet again, and so to send it again, once the store is back.
  void OnStoreAway(bool away) { store_away_ = away; }

  // Whatever a node's agent answers is delivered. Of one that is not connected nothing is asked.
  void Ask(const std::string& node, const wire::ProbeNeighbours& question);

  // Forgets connections that are gone. To be called every second or so.
  void OnTick(Mono now);

  [[nodiscard]] const IngestMetrics& metrics() const { return metrics_; }

 private:
  // One agent start of one node.
  struct Stream {
    std::uint64_t received = 0;   // delivered to the core, or not to be waited for
    std::uint64_t committed = 0;  // by the core
    // Delivered and not yet committed: sequence and bytes.
    std::deque<std::pair<std::uint64_t, std::size_t>> pending;
  };
  struct Node {
    PeerId owner;  // the connection that speaks for it; empty when none does
    std::string boot_id;
    std::uint64_t epoch = 0;
    Mono last_heard{};
    std::map<std::uint64_t, Stream> streams;  // by epoch
    std::size_t uncommitted_bytes = 0;
    bool passed_over = false;  // a record since its last Hello
    NodeClock clock;           // since its last Hello
    std::optional<Allowance> hellos;
  };
  struct Peer {
    std::string node;
    Mono last_heard{};
    Mono answered{};  // a heartbeat, or the Hello
    Secret token;     // what it was believed for
    Mono next_check{};
  };

  void OnHello(const PeerId& peer, std::string_view address, wire::Hello hello, Received now);
  void OnHeartbeat(const PeerId& peer, const wire::Heartbeat& heartbeat, Received now);
  void OnFound(const PeerId& peer, wire::NeighbourProbed found, Received now);
  void OnRecord(const PeerId& peer, wire::Record record, std::span<const std::byte> frame, Received now);
  void OnBadFrame(const PeerId& peer, std::string_view address, const wire::BadFrame& bad);
  // The name this greeting may have, or nothing: then it has been answered.
  std::optional<std::string> NameFor(const PeerId& peer, std::string_view address, const wire::Hello& hello);
  // Whether it is to wait for the store, so that others have room.
  [[nodiscard]] bool IsFarAhead(const Node& node) const;
  // Whether this node has not greeted too often of late.
  bool MayGreet(Node& node, Mono now) const;
  static bool MayTakeOver(const Node& node, const wire::Hello& hello, Mono now, Duration silence);
  // The node that a connection speaks for; nullptr, and a Reject, when it has not greeted.
  Node* GreetedNode(const PeerId& peer, Mono now);
  // Gives a record the collector's time where the node's is wrong. Returns the frame that says so.
  static wire::Frame Corrected(wire::Record& record, const Node& node, std::span<const std::byte> frame,
                               Received now);
  // The connection speaks for nobody any more.
  void Forget(const PeerId& peer);
  // Whether a record of so many bytes has no room now, where nobody waits for room.
  bool PassesOver(Node& node, std::size_t bytes);
  // Has those greet again of whom something was passed over, when there is room for it.
  void AskAgain();
  // Whether those that were believed would still be. Their agents greet again with what they have now.
  void CheckTokens(Mono now);
  void Acknowledge(const Node& node, std::uint64_t epoch, const Stream& stream);
  void Reject(const PeerId& peer, wire::RejectReason reason, std::string message);

  const ReceptionOptions options_;
  TokenVerifier& tokens_;
  Replies& replies_;
  Deliveries& deliveries_;
  std::unordered_map<PeerId, Peer> peers_;
  std::unordered_map<std::string, Node> nodes_;
  bool paused_ = false;
  bool store_away_ = false;
  IngestMetrics metrics_;
};

}  // namespace loadline::collector

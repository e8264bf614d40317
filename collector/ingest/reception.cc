#include "collector/ingest/reception.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <variant>

#include "schemas/base/overloaded.h"
#include "schemas/base/units.h"
#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"

namespace loadline::collector {
namespace {

// Agent starts of a node that are told apart. An agent brings records of earlier starts in its spool; one
// that died more often than this while the collector was away has its oldest delivered again at worst.
constexpr std::size_t kMostEpochs = 16;

// An agent that is refused begins a new connection; what else comes on this one is no agent's.
constexpr Duration kAfterRefusal = std::chrono::seconds(1);
// How soon a node that is far ahead of the store is read again.
constexpr Duration kUntilCommitted = std::chrono::milliseconds(50);
// The part of the room left that one node may fill.
constexpr std::size_t kSharesOfRoom = 4;
constexpr int kChecksInOneGo = 64;
// An agent takes a collector that says nothing for ten seconds for gone. To answer each of its heartbeats would wake it
// once more a second, and us for each of thousands.
constexpr Duration kAnswerEvery = std::chrono::milliseconds(2500);

// Those that greeted together are not all checked together.
Duration FirstCheckAfter(const PeerId& peer, Duration every) {
  constexpr std::size_t kSteps = 64;
  return every / 2 + every / 2 * static_cast<Duration::rep>(std::hash<PeerId>{}(peer) % kSteps) / kSteps;
}

// Senders of bad frames that are told apart in the counters.
constexpr std::size_t kMostSenders = 1000;

template <typename Stream>
void KeepNewest(std::map<std::uint64_t, Stream>& streams, std::uint64_t current) {
  for (auto stream = streams.begin(); streams.size() > kMostEpochs && stream != streams.end();) {
    const bool needed = stream->first == current || !stream->second.pending.empty();
    stream = needed ? std::next(stream) : streams.erase(stream);
  }
}

}  // namespace

Reception::Reception(ReceptionOptions options, const std::vector<Watermark>& watermarks,
                     TokenVerifier& tokens, Replies& replies, Deliveries& deliveries)
    : options_(options), tokens_(tokens), replies_(replies), deliveries_(deliveries) {
  for (const Watermark& mark : watermarks) {
    Node& node = nodes_[mark.node];
    Stream& stream = node.streams[mark.epoch];
    stream.received = stream.committed = std::max(stream.committed, mark.sequence);
    KeepNewest(node.streams, 0);
  }
}

bool Reception::Ready() {
  const bool room = store_away_ || metrics_.uncommitted_bytes < options_.uncommitted_bytes;
  const bool ready = deliveries_.HasRoom() && room;
  if (!ready && !paused_) ++metrics_.pauses;
  paused_ = !ready;
  return ready;
}

void Reception::OnFrame(const PeerId& peer, std::string_view address, std::span<const std::byte> frame,
                        Received now) {
  ++metrics_.frames;
  metrics_.bytes += frame.size();
  auto message = wire::Decode(frame);
  if (!message) return OnBadFrame(peer, address, message.error());
  std::visit(Overloaded{[&](wire::Hello& hello) { OnHello(peer, address, std::move(hello), now); },
                        [&](const wire::Heartbeat& heartbeat) { OnHeartbeat(peer, heartbeat, now); },
                        [&](wire::NeighbourProbed& found) { OnFound(peer, std::move(found), now); },
                        [&](wire::Record& record) { OnRecord(peer, std::move(record), frame, now); },
                        [&](const auto&) {
                          OnBadFrame(peer, address,
                                     {wire::FrameFault::kUnknownKind, "what only a collector says"});
                        }},
             *message);
}

void Reception::OnHello(const PeerId& peer, std::string_view address, wire::Hello hello, Received now) {
  ++metrics_.hellos;
  const std::optional<std::string> name = NameFor(peer, address, hello);
  if (!name) return replies_.Rest(peer, now.mono + kAfterRefusal);
  const auto known = nodes_.find(*name);
  const bool comes_anew = known == nodes_.end() || known->second.owner.empty();
  if ((comes_anew && peers_.size() >= options_.most_peers) ||
      (known == nodes_.end() && nodes_.size() >= options_.most_nodes)) {
    if (++metrics_.nodes_left_out == 1) spdlog::error("too many nodes: {} and others are left out", *name);
    return replies_.Rest(peer, now.mono + kAfterRefusal);
  }
  Node& node = nodes_[*name];
  if (node.owner != peer && !MayTakeOver(node, hello, now.mono, options_.silence)) {
    Reject(peer, wire::RejectReason::kNodeNameTaken,
           "another agent speaks for node " + *name + " and was heard " +
               FormatSeconds(Seconds(now.mono - node.last_heard)) + " ago");
    return replies_.Rest(peer, now.mono + kAfterRefusal);
  }
  if (!MayGreet(node, now.mono)) {
    ++metrics_.hellos_too_soon;
    return replies_.Rest(peer, now.mono + kAfterRefusal);
  }
  if (!replies_.Admit(peer)) return;
  Forget(peer);
  if (!node.owner.empty()) {
    const PeerId before = node.owner;
    Forget(before);
    replies_.End(before);
  }
  peers_[peer] = {.node = *name,
                  .last_heard = now.mono,
                  .answered = now.mono,
                  .token = std::move(hello.token),
                  .next_check = now.mono + FirstCheckAfter(peer, options_.check_tokens_every)};
  metrics_.peers = peers_.size();
  node.owner = peer;
  node.boot_id = hello.boot_id;
  node.epoch = hello.epoch;
  node.last_heard = now.mono;
  node.passed_over = false;
  node.clock = {};
  node.clock.Heard(hello.clocks, now);
  Stream& stream = node.streams[hello.epoch];
  // What a collector has acknowledged does not come again, even if this one does not have it.
  stream.received = std::max(stream.received, hello.first_sequence - 1);
  KeepNewest(node.streams, hello.epoch);
  replies_.Send(peer, wire::Welcome{.last_sequence = stream.committed, .window_ms = options_.window_ms});
  hello.token = {};
  deliveries_.Deliver(NodeGreeted{
      .node = *name, .received = now, .hello = std::move(hello), .clock_ahead = node.clock.Ahead()});
}

bool Reception::IsFarAhead(const Node& node) const {
  const std::size_t left =
      options_.uncommitted_bytes - std::min(options_.uncommitted_bytes, metrics_.uncommitted_bytes);
  return node.uncommitted_bytes > std::min(options_.uncommitted_bytes_of_node, left / kSharesOfRoom);
}

bool Reception::MayGreet(Node& node, Mono now) const {
  if (!node.hellos) node.hellos.emplace(options_.hellos_at_once, options_.hellos_a_second, now);
  return node.hellos->Take(1, now);
}

std::optional<std::string> Reception::NameFor(const PeerId& peer, std::string_view address,
                                              const wire::Hello& hello) {
  if (hello.major != wire::kProtocolMajor || std::abs(int{hello.minor} - int{wire::kProtocolMinor}) > 1) {
    Reject(peer, wire::RejectReason::kWrongVersion,
           "the agent speaks version " + std::to_string(hello.major) + "." + std::to_string(hello.minor) +
               ", the collector " + std::to_string(wire::kProtocolMajor) + "." +
               std::to_string(wire::kProtocolMinor));
    return std::nullopt;
  }
  Result<std::string> name = tokens_.Verify(hello.token.Reveal(), hello.node, address);
  if (name) return *std::move(name);
  if (name.error().kind == ErrorKind::kDenied) {
    Reject(peer, wire::RejectReason::kBadToken, name.error().message);
  } else if (name.error().kind != ErrorKind::kUnavailable) {
    spdlog::error("the token of node {} cannot be checked: {}", hello.node, name.error().message);
  }
  // Without an answer the agent greets again.
  return std::nullopt;
}

// The name belongs to the first agent that has it until that one is silent. The same machine (boot) may speak
// through a new connection, or through an agent started later; an older one of two on a machine may not.
bool Reception::MayTakeOver(const Node& node, const wire::Hello& hello, Mono now, Duration silence) {
  if (node.owner.empty() || now - node.last_heard >= silence) return true;
  return hello.boot_id == node.boot_id && hello.epoch >= node.epoch;
}

Reception::Node* Reception::GreetedNode(const PeerId& peer, Mono now) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) {
    Reject(peer, wire::RejectReason::kNotGreeted, "say Hello first");
    return nullptr;
  }
  Node& node = nodes_[found->second.node];
  found->second.last_heard = node.last_heard = now;
  return &node;
}

void Reception::OnHeartbeat(const PeerId& peer, const wire::Heartbeat& heartbeat, Received now) {
  ++metrics_.heartbeats;
  Node* node = GreetedNode(peer, now.mono);
  if (!node) return;
  Peer& speaker = peers_[peer];
  // Who ends waits for it.
  if (heartbeat.stopping || now.mono - speaker.answered >= kAnswerEvery) {
    speaker.answered = now.mono;
    Acknowledge(*node, node->epoch, node->streams[node->epoch]);
  }
  node->clock.Heard(heartbeat.clocks, now);
  deliveries_.Deliver(NodeHeartbeat{
      .node = speaker.node, .received = now, .heartbeat = heartbeat, .clock_ahead = node->clock.Ahead()});
}

void Reception::OnFound(const PeerId& peer, wire::NeighbourProbed found, Received now) {
  if (!GreetedNode(peer, now.mono)) return;
  deliveries_.Deliver(NeighbourFound{.node = peers_[peer].node, .received = now, .found = std::move(found)});
}

void Reception::Ask(const std::string& node, const wire::ProbeNeighbours& question) {
  const auto known = nodes_.find(node);
  if (known != nodes_.end() && !known->second.owner.empty()) replies_.Send(known->second.owner, question);
}

void Reception::OnRecord(const PeerId& peer, wire::Record record, std::span<const std::byte> frame,
                         Received now) {
  Node* node = GreetedNode(peer, now.mono);
  if (!node) return;
  const std::string& name = peers_[peer].node;
  if (record.epoch > node->epoch) {
    return OnBadFrame(peer, name, {wire::FrameFault::kInconsistent, "Record.epoch"});
  }
  const auto [entry, is_new] = node->streams.try_emplace(record.epoch);
  Stream& stream = entry->second;
  // Of an earlier start whose records we do not know: how many came before is not for us to say.
  if (is_new) stream.received = record.sequence - 1;
  if (record.sequence <= stream.received) {
    ++metrics_.duplicates;
    if (record.sequence <= stream.committed) Acknowledge(*node, record.epoch, stream);
    return;
  }
  if (PassesOver(*node, frame.size())) return;
  ++metrics_.records;
  metrics_.missing += record.sequence - stream.received - 1;
  metrics_.uncommitted_bytes += frame.size();
  node->uncommitted_bytes += frame.size();
  if (!store_away_ && IsFarAhead(*node)) replies_.Rest(peer, now.mono + kUntilCommitted);
  stream.received = record.sequence;
  stream.pending.emplace_back(record.sequence, frame.size());
  wire::Frame corrected = Corrected(record, *node, frame, now);
  deliveries_.Deliver(IngestedRecord{.id = {.node = name, .epoch = record.epoch, .sequence = record.sequence},
                                     .boot_id = node->boot_id,
                                     .received = now,
                                     .frame = std::move(corrected),
                                     .record = std::move(record)});
  if (is_new) KeepNewest(node->streams, node->epoch);
}

wire::Frame Reception::Corrected(wire::Record& record, const Node& node, std::span<const std::byte> frame,
                                 Received now) {
  const Duration correction = node.clock.Correction(record, node.epoch, now);
  if (correction != Duration::zero()) {
    MoveTimes(record, correction);
    if (auto encoded = wire::Encode(record)) return *std::move(encoded);
  }
  return {frame.begin(), frame.end()};
}

bool Reception::PassesOver(Node& node, std::size_t bytes) {
  const bool no_room = metrics_.uncommitted_bytes + bytes > options_.uncommitted_bytes || IsFarAhead(node);
  if (store_away_ && no_room) node.passed_over = true;
  if (node.passed_over) ++metrics_.passed_over;
  return node.passed_over;
}

void Reception::AskAgain() {
  if (store_away_ || metrics_.uncommitted_bytes > options_.uncommitted_bytes / 2) return;
  for (auto& [name, node] : nodes_) {
    if (!node.passed_over || node.owner.empty()) continue;
    const PeerId owner = node.owner;
    Forget(owner);
    replies_.Send(owner,
                  wire::Reject{.reason = wire::RejectReason::kNotGreeted,
                               .message = "greet again: the store is back and takes what was passed over"});
  }
}

void Reception::OnBadFrame(const PeerId& peer, std::string_view address, const wire::BadFrame& bad) {
  const auto found = peers_.find(peer);
  std::string sender = found == peers_.end() ? std::string(address) : found->second.node;
  std::pair key(sender, bad.fault);
  if (!metrics_.bad_frames.contains(key) && metrics_.bad_frames.size() >= kMostSenders) key.first = "others";
  // The first of a kind is worth a line; the counter tells of the rest.
  if (++metrics_.bad_frames[std::move(key)] == 1) {
    spdlog::warn("{} has sent a bad frame: {} ({})", sender, wire::Name(bad.fault), bad.what);
  }
  // What it sends after this one must not pass, or the record that we could not read would seem to be a
  // duplicate when it comes again.
  Forget(peer);
  Reject(peer, wire::RejectReason::kBadFrame, std::string(wire::Name(bad.fault)) + ": " + bad.what);
}

void Reception::OnCommitted(const std::vector<Watermark>& watermarks) {
  for (const Watermark& mark : watermarks) {
    const auto node = nodes_.find(mark.node);
    if (node == nodes_.end()) continue;
    const auto stream = node->second.streams.find(mark.epoch);
    if (stream == node->second.streams.end()) continue;
    Stream& s = stream->second;
    s.committed = std::max(s.committed, mark.sequence);
    for (; !s.pending.empty() && s.pending.front().first <= s.committed; s.pending.pop_front()) {
      metrics_.uncommitted_bytes -= s.pending.front().second;
      node->second.uncommitted_bytes -= s.pending.front().second;
    }
    Acknowledge(node->second, mark.epoch, s);
  }
}

void Reception::OnTick(Mono now) {
  std::vector<PeerId> gone;
  for (const auto& [id, peer] : peers_) {
    if (now - peer.last_heard >= options_.forget_peer) gone.push_back(id);
  }
  for (const PeerId& peer : gone) {
    Forget(peer);
    replies_.End(peer);
  }
  CheckTokens(now);
  AskAgain();
}

void Reception::CheckTokens(Mono now) {
  std::vector<std::pair<PeerId, std::string>> denied;
  int asked = 0;
  for (auto& [id, peer] : peers_) {
    if (now < peer.next_check || asked >= kChecksInOneGo) continue;
    ++asked;
    const Result<std::string> name = tokens_.Verify(peer.token.Reveal(), peer.node, {});
    if (name || name.error().kind == ErrorKind::kDenied) peer.next_check = now + options_.check_tokens_every;
    if (!name && name.error().kind == ErrorKind::kDenied) denied.emplace_back(id, name.error().message);
  }
  for (const auto& [id, why] : denied) {
    ++metrics_.ended_sessions;
    Forget(id);
    // Not a refusal: its token may have been renewed meanwhile, and it is to show that one.
    replies_.Send(id,
                  wire::Reject{.reason = wire::RejectReason::kNotGreeted, .message = "greet again: " + why});
  }
}

void Reception::Forget(const PeerId& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  Node& node = nodes_[found->second.node];
  if (node.owner == peer) node.owner.clear();
  peers_.erase(found);
  metrics_.peers = peers_.size();
}

void Reception::Acknowledge(const Node& node, std::uint64_t epoch, const Stream& stream) {
  if (node.owner.empty()) return;
  ++metrics_.acknowledgements;
  replies_.Send(node.owner, wire::Ack{.epoch = epoch, .sequence = stream.committed});
}

void Reception::Reject(const PeerId& peer, wire::RejectReason reason, std::string message) {
  ++metrics_.rejected[reason];
  replies_.Send(peer, wire::Reject{.reason = reason, .message = std::move(message)});
}

}  // namespace loadline::collector

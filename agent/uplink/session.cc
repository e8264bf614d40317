#include "agent/uplink/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "schemas/base/overloaded.h"
#include "schemas/wire/decode.h"

namespace loadline::agent {
namespace {

// Between attempts to send to a transport that takes nothing: it wakes us when it does, this is for safety.
constexpr Duration kBlockedPatience = std::chrono::seconds(1);

constexpr std::size_t kMostQuestions = 256;

// A collector that is being restarted is back by then.
constexpr Duration kTellSolitudeAfter = std::chrono::seconds(10);

}  // namespace

Session::Session(SessionOptions options, wire::Hello hello, std::function<Secret()> token, Spool& spool,
                 Transport& transport)
    : options_(options),
      hello_(std::move(hello)),
      token_(std::move(token)),
      spool_(spool),
      transport_(transport),
      random_(options.seed ? options.seed : std::hash<std::string>()(hello_.node)) {}

void Session::Add(SpoolRecord record, Mono now) {
  assert(record.key.epoch == hello_.epoch);
  last_added_ = record.key.sequence;
  if (!record.is_event) window_closed_ = now;
  spool_.Add(std::move(record));
}

void Session::Step(Mono now, Wall wall) {
  blocked_ = false;
  while (const auto frame = transport_.Receive()) OnFrame(*frame, now);
  switch (state_) {
    case State::kWaiting:
      if (now >= due_) Greet(now, wall);
      break;
    case State::kGreeting:
      if (now >= due_) BackOff(now);
      break;
    case State::kLive:
      if (now >= last_heard_ + options_.silence) {
        BackOff(now);
        break;
      }
      if (now >= next_heartbeat_) SendHeartbeat(now, wall);
      SendRecords();
      break;
  }
  TellSolitude(now);
}

void Session::Stop() {
  stopping_ = true;
  next_heartbeat_ = {};
}

// Somebody who has given a wrong address or key has no other sign of it. Refusals are told as they come.
void Session::TellSolitude(Mono now) {
  if (state_ == State::kLive || counts_.rejected) {
    if (std::exchange(solitude_told_, false)) spdlog::info("the collector answers");
    alone_since_.reset();
    return;
  }
  if (!alone_since_) alone_since_ = now;
  if (solitude_told_ || (!turned_away_ && now - *alone_since_ < kTellSolitudeAfter)) return;
  solitude_told_ = true;
  if (turned_away_) {
    spdlog::warn("the collector does not let us in: the key of --key-file is none that it knows");
    return;
  }
  spdlog::warn("no answer from the collector for {} s: is it running, are its address and public key right?",
               std::chrono::duration_cast<std::chrono::seconds>(now - *alone_since_).count());
}

Mono Session::next_wake() const {
  if (state_ == State::kWaiting && blocked_) return retry_;
  if (state_ != State::kLive) return due_;
  return std::min(next_heartbeat_, last_heard_ + options_.silence);
}

void Session::Greet(Mono now, Wall wall) {
  wire::Hello hello = hello_;
  hello.first_sequence = held_.up_to + 1;
  hello.token = token_();
  hello.clocks = ReadingOf(now, wall);
  const auto frame = wire::Encode(hello);
  if (!frame || !SendFrame(*frame)) {
    if (transport_.TurnedAway()) {
      // ZeroMQ does not try again by itself; the key may be another by then.
      turned_away_ = true;
      return BackOff(now);
    }
    // No connection yet. The transport says when there is one, so the Hello stays due.
    retry_ = now + kBlockedPatience;
    blocked_ = true;
    return;
  }
  ++counts_.hellos;
  state_ = State::kGreeting;
  due_ = now + options_.hello_timeout;
}

void Session::BackOff(Mono now) {
  counts_.connected = false;
  stop_told_.reset();
  state_ = State::kWaiting;
  transport_.Reset();
  Duration delay = options_.longest_backoff;
  if (attempts_ < 16) delay = std::min(delay, options_.first_backoff * (1 << attempts_));
  ++attempts_;
  const double part = std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  due_ = now + Duration(static_cast<Duration::rep>(static_cast<double>(delay.count()) * part));
}

void Session::OnFrame(const wire::Frame& frame, Mono now) {
  last_heard_ = now;
  turned_away_ = false;
  const auto message = wire::Decode(frame);
  if (!message) {
    spdlog::warn("a frame of the collector is not understood: {} ({})", wire::Name(message.error().fault),
                 message.error().what);
    return;
  }
  std::visit(Overloaded{[&](const wire::Welcome& welcome) { OnWelcome(welcome, now); },
                        [&](const wire::Reject& reject) { OnReject(reject, now); },
                        [&](const wire::Ack& ack) { OnAck(ack); },
                        [&](const wire::ProbeNeighbours& asked) { OnQuestion(asked); },
                        // What an agent says no collector does.
                        [](const auto&) {}},
             *message);
}

void Session::OnWelcome(const wire::Welcome& welcome, Mono now) {
  if (state_ != State::kGreeting) return;
  state_ = State::kLive;
  counts_.connected = true;
  counts_.rejected.reset();
  counts_.window_ms = welcome.window_ms;
  // A collector cannot hold what we have never said.
  const std::uint64_t held = std::min(welcome.last_sequence, last_added_);
  if (held < held_.up_to) {
    spdlog::warn("the collector has lost records that were acknowledged, the last is {} instead of {}", held,
                 held_.up_to);
    held_.lost_up_to = held_.up_to;
  }
  cursor_ = {};
  in_flight_.clear();
  in_flight_bytes_ = 0;
  next_heartbeat_ = now;
  OnAck({.epoch = hello_.epoch, .sequence = held});
}

void Session::OnReject(const wire::Reject& reject, Mono now) {
  // Answers to what was sent before the Hello that is under way.
  if (state_ == State::kGreeting && reject.reason == wire::RejectReason::kNotGreeted) return;
  if (state_ == State::kWaiting) return;
  if (reject.reason == wire::RejectReason::kNotGreeted) {
    // A new connection, or a new collector. Nothing is wrong.
    counts_.connected = false;
    state_ = State::kWaiting;
    due_ = now;
    return;
  }
  if (counts_.rejected != reject.reason) {
    spdlog::warn("the collector refuses us: {} ({})", wire::Name(reject.reason), reject.message);
  }
  counts_.rejected = reject.reason;
  if (state_ == State::kLive && reject.reason == wire::RejectReason::kBadFrame) OnRecordRefused();
  BackOff(now);
}

// A record that the collector cannot read would be sent for ever. Which one it is shows when they go one at a
// time.
void Session::OnRecordRefused() {
  if (one_at_a_time_ && in_flight_.size() == 1) {
    spdlog::error("record {} is dropped: the collector cannot read it", in_flight_.front().key.sequence);
    spool_.Drop(in_flight_.front().key);
  }
  one_at_a_time_ = true;
}

void Session::OnAck(const wire::Ack& ack) {
  if (state_ != State::kLive) return;
  const std::size_t acknowledged = spool_.Acknowledge({.epoch = ack.epoch, .sequence = ack.sequence});
  counts_.acknowledged_records += acknowledged;
  if (ack.epoch == hello_.epoch) {
    held_.up_to = std::max(held_.up_to, std::min(ack.sequence, last_added_));
  }
  std::erase_if(in_flight_, [&](const InFlight& record) {
    const bool held = record.key.epoch == ack.epoch && record.key.sequence <= ack.sequence;
    if (held) in_flight_bytes_ -= record.bytes;
    return held;
  });
  if (acknowledged == 0) return;
  attempts_ = 0;
  one_at_a_time_ = false;
}

// Whoever asks without end is answered in part.
void Session::OnQuestion(const wire::ProbeNeighbours& asked) {
  if (state_ != State::kLive || questions_.kubelets.size() >= kMostQuestions) return;
  questions_.kubelets.insert(questions_.kubelets.end(), asked.kubelets.begin(), asked.kubelets.end());
}

void Session::Answer(const wire::NeighbourProbed& found) {
  if (state_ != State::kLive) return;
  if (const auto frame = wire::Encode(found)) SendFrame(*frame);
}

void Session::SendHeartbeat(Mono now, Wall wall) {
  next_heartbeat_ = now + options_.heartbeat_interval;
  const auto age = window_closed_ ? now - *window_closed_ : Duration::zero();
  const auto frame =
      wire::Encode(wire::Heartbeat{.epoch = hello_.epoch,
                                   .window_age_ms = static_cast<std::uint32_t>(
                                       std::chrono::duration_cast<std::chrono::milliseconds>(age).count()),
                                   .spooled_records = spool_.counts().records,
                                   .clocks = ReadingOf(now, wall),
                                   .stopping = stopping_});
  if (frame && SendFrame(*frame) && stopping_ && !stop_told_) stop_told_ = now;
}

void Session::SendRecords() {
  const std::size_t most = one_at_a_time_ ? 1 : options_.in_flight_records;
  while (in_flight_.size() < most && in_flight_bytes_ < options_.in_flight_bytes) {
    const auto next = spool_.TakeAfter(cursor_);
    if (!next) return;
    if (!SendFrame(next->frame)) {
      blocked_ = true;
      return;
    }
    cursor_ = next->key;
    in_flight_.push_back({.key = next->key, .bytes = next->frame.size()});
    in_flight_bytes_ += next->frame.size();
  }
}

bool Session::SendFrame(std::span<const std::byte> frame) {
  if (!transport_.Send(frame)) return false;
  ++counts_.sent_frames;
  counts_.sent_bytes += frame.size();
  return true;
}

}  // namespace loadline::agent

#include "collector/sink/item_sink.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace loadline::collector {
namespace {

using What = ItemAnswer::What;

// Of notifications that were begun and superseded nobody hears again.
constexpr std::size_t kMostBegun = 8'000;
// When so many in a row are refused one by one and none was taken, the fault is not in the items.
constexpr std::size_t kEnoughRefused = 8;

}  // namespace

Outcome ItemSink::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  if (states_.size() > kMostBegun) states_.clear();
  // In order of time: halves of a request that spans too long span less.
  std::vector<const Notification*> notifications;
  for (const Notification& notification : batch) notifications.push_back(&notification);
  std::ranges::stable_sort(notifications, {}, &Notification::at);
  Piece all;
  for (const Notification* notification : notifications) {
    std::vector<State>& states = states_[notification->id];
    states.resize(notification->alerts.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i] != State::kOpen) continue;
      all.items.push_back(Write(*notification, notification->alerts[i]));
      all.states.push_back(&states[i]);
    }
  }
  Attempt attempt;
  SendPieces(std::move(all), attempt, stop);
  return Conclude(batch, std::move(attempt));
}

std::vector<ShownMessage> ItemSink::Show(std::span<const Notification> batch, Wall /*now*/) const {
  std::vector<ShownMessage> shown;
  for (const Notification& notification : batch) {
    for (const Alert& alert : notification.alerts)
      shown.push_back({.text = {}, .body = Write(notification, alert)});
  }
  return shown;
}

void ItemSink::SendPieces(Piece all, Attempt& attempt, const std::stop_token& stop) {
  Piece piece;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < all.items.size() && !attempt.ended; ++i) {
    const std::size_t size = all.items[i].size() + 1;
    if (!piece.items.empty() && bytes + size > most_bytes_) {
      SendPiece(std::exchange(piece, {}), attempt, stop);
      bytes = 0;
    }
    bytes += size;
    piece.items.push_back(std::move(all.items[i]));
    piece.states.push_back(all.states[i]);
  }
  if (!attempt.ended && !piece.items.empty()) SendPiece(std::move(piece), attempt, stop);
}

void ItemSink::SendPiece(Piece piece, Attempt& attempt, const std::stop_token& stop) {
  if (attempt.ended) return;
  const ItemAnswer answer = Post(piece.items, stop);
  const bool splits = answer.what == What::kTooLarge || answer.what == What::kRefused;
  const bool hopeless =
      answer.what == What::kRefused && attempt.taken == 0 && attempt.refused >= kEnoughRefused;
  if (splits && piece.items.size() > 1 && !hopeless) {
    Halve(piece, attempt, stop);
    return;
  }
  Settle(answer, piece, attempt);
}

void ItemSink::Halve(const Piece& piece, Attempt& attempt, const std::stop_token& stop) {
  const auto middle = static_cast<std::ptrdiff_t>(piece.items.size() / 2);
  SendPiece({{piece.items.begin(), piece.items.begin() + middle},
             {piece.states.begin(), piece.states.begin() + middle}},
            attempt, stop);
  SendPiece({{piece.items.begin() + middle, piece.items.end()},
             {piece.states.begin() + middle, piece.states.end()}},
            attempt, stop);
}

void ItemSink::Settle(const ItemAnswer& answer, const Piece& piece, Attempt& attempt) {
  const auto note = [&] {
    attempt.failure = {
        .verdict = Verdict::kRetry, .detail = answer.detail, .retry_after = answer.retry_after};
  };
  if (answer.what == What::kLater) {
    attempt.ended = true;
    note();
    return;
  }
  const bool all_refused = answer.what == What::kRefused || answer.what == What::kTooLarge;
  std::vector<State> states(piece.states.size(), all_refused ? State::kRefused : State::kTaken);
  for (const std::size_t i : answer.open) {
    if (i < states.size()) states[i] = State::kOpen;
  }
  for (const std::size_t i : answer.refused) {
    if (i < states.size()) states[i] = State::kRefused;
  }
  for (std::size_t i = 0; i < states.size(); ++i) *piece.states[i] = states[i];
  attempt.taken += static_cast<std::size_t>(std::ranges::count(states, State::kTaken));
  attempt.refused += static_cast<std::size_t>(std::ranges::count(states, State::kRefused));
  if (!answer.detail.empty()) note();
  if (!answer.open.empty()) attempt.ended = true;
}

Outcome ItemSink::Conclude(std::span<const Notification> batch, Attempt attempt) {
  if (attempt.ended) {
    attempt.failure.refused_items = attempt.refused;
    return attempt.failure;
  }
  bool any_taken = false;
  for (const Notification& notification : batch) {
    const std::vector<State>& states = states_[notification.id];
    any_taken = any_taken || states.empty() || std::ranges::find(states, State::kTaken) != states.end();
    states_.erase(notification.id);
  }
  return {.verdict = any_taken ? Verdict::kDelivered : Verdict::kRefused,
          .detail = attempt.refused > 0 ? attempt.failure.detail : "",
          .refused_items = attempt.refused};
}

std::string JsonArray(std::span<const std::string> items) {
  return fmt::format("[{}]", fmt::join(items, ","));
}

}  // namespace loadline::collector

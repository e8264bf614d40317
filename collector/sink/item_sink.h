// A sink whose other side takes alerts one by one, many in a request, and may take some and not others.
//
// What became of each alert of a notification is kept until the last is taken or refused, so that a second
// attempt sends only what is still open. Requests stay below a size; what is too large is halved, and when a
// request is refused its halves are tried, so that one bad item takes no good one with it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "collector/alert/sink.h"
#include "collector/azure/azure_client.h"

namespace loadline::collector {

class ItemSink : public Sink {
 public:
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) final;
  // Each alert by itself.
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const final;

 protected:
  // `most_bytes` of the items of one request together.
  explicit ItemSink(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // One alert as it is sent.
  [[nodiscard]] virtual std::string Write(const Notification& notification, const Alert& alert) const = 0;
  virtual ItemAnswer Post(std::span<const std::string> items, const std::stop_token& stop) = 0;

 private:
  enum class State : std::uint8_t { kOpen, kTaken, kRefused };
  // Where the state of each item of one request is kept.
  struct Piece {
    std::vector<std::string> items;
    std::vector<State*> states;
  };
  struct Attempt {
    std::size_t taken = 0;
    std::size_t refused = 0;
    Outcome failure{};  // of the request that ended it
    bool ended = false;
  };

  void SendPieces(Piece all, Attempt& attempt, const std::stop_token& stop);
  void SendPiece(Piece piece, Attempt& attempt, const std::stop_token& stop);
  void Halve(const Piece& piece, Attempt& attempt, const std::stop_token& stop);
  static void Settle(const ItemAnswer& answer, const Piece& piece, Attempt& attempt);
  Outcome Conclude(std::span<const Notification> batch, Attempt attempt);

  const std::size_t most_bytes_;
  std::map<std::string, std::vector<State>> states_;  // by notification id; only of those begun
};

// Items as a JSON array.
std::string JsonArray(std::span<const std::string> items);

}  // namespace loadline::collector

// A network in memory: any number of agents' transports, and the collector's end. Frames arrive in order or
// not at all, as with the real one; a test cuts connections where it likes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "agent/uplink/transport.h"

namespace loadline::test {

class FakeNetwork {
 public:
  struct Connection {
    std::deque<wire::Frame> to_collector;
    std::deque<wire::Frame> to_agent;
  };

  // An agent's end; connects when it sends for the first time.
  std::unique_ptr<agent::Transport> NewTransport();

  // The collector's end.
  struct Incoming {
    std::string peer;
    wire::Frame frame;
  };
  std::optional<Incoming> Receive();
  bool Send(const std::string& peer, wire::Frame frame);

  // No connection stands, and none comes about, while it is down.
  void SetUp(bool up);
  // All connections end; what is under way is lost.
  void CutAll() { connections_.clear(); }
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  friend class FakeTransport;
  // The connection of this number, made when it is 0 or gone; nullptr while the network is down.
  Connection* Reach(std::uint64_t& number);

  bool up_ = true;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Connection> connections_;
};

}  // namespace loadline::test

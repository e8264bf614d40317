#include "tests/support/fake_network.h"

#include <utility>

namespace loadline::test {

class FakeTransport final : public agent::Transport {
 public:
  explicit FakeTransport(FakeNetwork& network) : network_(network) {}
  ~FakeTransport() override { FakeTransport::Reset(); }

  void Reset() override { network_.connections_.erase(std::exchange(number_, 0)); }

  bool Send(std::span<const std::byte> frame) override {
    FakeNetwork::Connection* connection = network_.Reach(number_);
    if (connection) connection->to_collector.emplace_back(frame.begin(), frame.end());
    return connection != nullptr;
  }

  std::optional<wire::Frame> Receive() override {
    const auto found = network_.connections_.find(number_);
    if (found == network_.connections_.end() || found->second.to_agent.empty()) return std::nullopt;
    wire::Frame frame = std::move(found->second.to_agent.front());
    found->second.to_agent.pop_front();
    return frame;
  }

  void Wait(Duration, bool) override {}
  void Wake() override {}

 private:
  FakeNetwork& network_;
  std::uint64_t number_ = 0;
};

std::unique_ptr<agent::Transport> FakeNetwork::NewTransport() {
  return std::make_unique<FakeTransport>(*this);
}

FakeNetwork::Connection* FakeNetwork::Reach(std::uint64_t& number) {
  if (!up_) return nullptr;
  if (!connections_.contains(number)) number = ++last_number_;
  return &connections_[number];
}

std::optional<FakeNetwork::Incoming> FakeNetwork::Receive() {
  for (auto& [number, connection] : connections_) {
    if (connection.to_collector.empty()) continue;
    Incoming incoming{std::to_string(number), std::move(connection.to_collector.front())};
    connection.to_collector.pop_front();
    return incoming;
  }
  return std::nullopt;
}

bool FakeNetwork::Send(const std::string& peer, wire::Frame frame) {
  const auto found = connections_.find(std::stoull(peer));
  if (found == connections_.end()) return false;
  found->second.to_agent.push_back(std::move(frame));
  return true;
}

void FakeNetwork::SetUp(bool up) {
  up_ = up;
  if (!up) CutAll();
}

}  // namespace loadline::test

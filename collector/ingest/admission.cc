#include "collector/ingest/admission.h"

#include <algorithm>

namespace loadline::collector {
namespace {

// Addresses that are nobody's any more are kept until their allowance is whole again.
constexpr Duration kForgetEvery = std::chrono::seconds(10);

}  // namespace

std::vector<Admission::ConnectionId> Admission::Arrive(ConnectionId id, const std::string& address,
                                                       Mono now) {
  if (now >= next_forgetting_) ForgetQuietAddresses(now);
  addresses_.try_emplace(
      address, Address{.connections = {},
                       .handshakes = {limits_.handshakes_at_once, limits_.handshakes_a_second, now}});
  std::vector<ConnectionId> leaving = MakeRoom(address, Stage::kShaking);
  Place& place = places_[id];
  place.address = address;
  Enter(id, place, Stage::kShaking, now);
  return leaving;
}

std::vector<Admission::ConnectionId> Admission::Identify(ConnectionId id, Mono now) {
  const auto found = places_.find(id);
  if (found == places_.end() || found->second.stage != Stage::kShaking) return {};
  std::vector<ConnectionId> leaving = MakeRoom(found->second.address, Stage::kSilent);
  Take(found->second);
  Enter(id, found->second, Stage::kSilent, now);
  return leaving;
}

bool Admission::Greet(ConnectionId id, Mono now) {
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  if (found->second.stage == Stage::kGreeted) return true;
  if (!MakeRoom(found->second.address, Stage::kGreeted).empty()) return false;
  Take(found->second);
  Enter(id, found->second, Stage::kGreeted, now);
  return true;
}

void Admission::Leave(ConnectionId id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  Take(found->second);
  places_.erase(found);
}

bool Admission::MayShake(const std::string& address, Mono now) {
  const auto found = addresses_.find(address);
  return found != addresses_.end() && found->second.handshakes.Take(1, now);
}

std::vector<Admission::ConnectionId> Admission::Overdue(Mono now) const {
  std::vector<ConnectionId> overdue;
  for (const Stage stage : {Stage::kShaking, Stage::kSilent, Stage::kGreeted}) {
    const Duration patience = limits_.stages[Index(stage)].patience;
    if (patience == Duration::zero()) continue;
    for (const ConnectionId id : stages_[Index(stage)]) {
      if (now - places_.at(id).since < patience) break;
      overdue.push_back(id);
    }
  }
  return overdue;
}

void Admission::Enter(ConnectionId id, Place& place, Stage stage, Mono now) {
  place.stage = stage;
  place.since = now;
  Queue& all = stages_[Index(stage)];
  Queue& its = addresses_.at(place.address).connections[Index(stage)];
  place.in_all = all.insert(all.end(), id);
  place.in_address = its.insert(its.end(), id);
}

void Admission::Take(Place& place) {
  stages_[Index(place.stage)].erase(place.in_all);
  addresses_.at(place.address).connections[Index(place.stage)].erase(place.in_address);
}

// The oldest of the address while it has its share; else the oldest of all.
std::vector<Admission::ConnectionId> Admission::MakeRoom(const std::string& address, Stage stage) const {
  const AdmissionLimits::Bound& bound = limits_.stages[Index(stage)];
  const Queue& its = addresses_.at(address).connections[Index(stage)];
  const Queue& all = stages_[Index(stage)];
  if (!its.empty() && its.size() >= bound.per_address) return {its.front()};
  if (!all.empty() && all.size() >= bound.all) return {all.front()};
  return {};
}

void Admission::ForgetQuietAddresses(Mono now) {
  next_forgetting_ = now + kForgetEvery;
  std::erase_if(addresses_, [&](const auto& entry) {
    const Address& address = entry.second;
    const bool nobody =
        std::ranges::all_of(address.connections, [](const Queue& queue) { return queue.empty(); });
    return nobody && address.handshakes.IsWhole(now);
  });
}

}  // namespace loadline::collector

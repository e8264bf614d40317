#include "collector/app/intake.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace loadline::collector {
namespace {

constexpr double kMinutesAtOnce = 4;

Bytes SizeOf(const Intake::Waiting& one) {
  return std::ssize(one.record.frame);
}

}  // namespace

void Intake::Refill(Line& line, Mono now) const {
  const auto rate = static_cast<double>(options_.node_rate);
  const double passed = Seconds(now - std::exchange(line.counted, now)) / 60;
  line.budget = std::min(rate * kMinutesAtOnce, line.budget + rate * passed);
}

void Intake::Enter(const std::string& node, Line& line) {
  if (!std::exchange(line.in_turn, true)) turn_.push_back(node);
}

void Intake::Add(IngestedRecord record, Bytes cost, Mono now) {
  const std::string node = record.id.node;
  const auto [entry, is_new] = lines_.try_emplace(node);
  Line& line = entry->second;
  if (is_new) {
    line.budget = static_cast<double>(options_.node_rate) * kMinutesAtOnce;
    line.counted = now;
  }
  line.waiting.push_back({.record = std::move(record), .cost = cost});
  const Bytes size = SizeOf(line.waiting.back());
  line.bytes += size;
  bytes_ += size;
  ++records_;
  Enter(node, line);
}

Intake::Batch Intake::Next(Bytes most, Mono now,
                           const std::function<bool(const std::string& node)>& has_share) {
  Batch batch;
  Bytes weight = 0;
  std::vector<std::string> held;
  const bool relieved = bytes_ >= options_.relief;
  while (!turn_.empty() && batch.size() < options_.records) {
    std::string node = std::move(turn_.front());
    turn_.pop_front();
    Line& line = lines_.at(node);
    Refill(line, now);
    if (line.believed == 0 && ((line.budget <= 0 && !relieved) || !has_share(node))) {
      if (!line.held_since) line.held_since = now;
      held.push_back(std::move(node));
      continue;
    }
    const Bytes size = SizeOf(line.waiting.front());
    const Bytes cost = std::max(size, line.waiting.front().cost);
    if (!batch.empty() && weight + cost > most) {
      turn_.push_front(std::move(node));
      break;
    }
    weight += cost;
    bytes_ -= size;
    --records_;
    line.bytes -= size;
    line.budget -= static_cast<double>(line.waiting.front().cost);
    if (line.believed > 0) --line.believed;
    batch.push_back(std::move(line.waiting.front()));
    line.waiting.pop_front();
    if (line.waiting.empty()) {
      line.in_turn = false;
      line.held_since.reset();
    } else {
      turn_.push_back(std::move(node));
    }
  }
  std::ranges::move(held, std::back_inserter(turn_));
  for (auto entry = lines_.begin(); entry != lines_.end();) {
    Refill(entry->second, now);
    const bool whole = entry->second.budget >= static_cast<double>(options_.node_rate) * kMinutesAtOnce;
    entry = whole && entry->second.waiting.empty() ? lines_.erase(entry) : std::next(entry);
  }
  return batch;
}

void Intake::PutBack(Batch batch) {
  for (Waiting& one : std::views::reverse(batch)) {
    const std::string node = one.record.id.node;
    Line& line = lines_[node];
    const Bytes size = SizeOf(one);
    line.bytes += size;
    bytes_ += size;
    ++records_;
    line.budget += static_cast<double>(one.cost);
    if (one.believed) ++line.believed;
    line.waiting.push_front(std::move(one));
    Enter(node, line);
  }
}

void Intake::EachNew(const std::function<bool(const IngestedRecord&)>& believe) {
  for (bool found = true; found;) {
    found = false;
    for (auto& [node, line] : lines_) {
      if (line.held_since || line.believed == line.waiting.size()) continue;
      Waiting& next = line.waiting[line.believed];
      next.believed = true;
      ++line.believed;
      found = true;
      if (!believe(next.record)) return;
    }
  }
}

std::map<std::string, Intake::Held> Intake::held() const {
  std::map<std::string, Held> held;
  for (const auto& [node, line] : lines_) {
    if (line.held_since) held.emplace(node, Held{line.bytes, *line.held_since});
  }
  return held;
}

void StoreShares::Begun() {
  for (const auto& [node, bytes] : fresh_) folding_[node] += bytes;
  fresh_.clear();
  fresh_bytes_ = 0;
}

Bytes StoreShares::Of(const std::string& node) const {
  Bytes bytes = 0;
  for (const auto* part : {&fresh_, &folding_}) {
    if (const auto found = part->find(node); found != part->end()) bytes += found->second;
  }
  return bytes;
}

}  // namespace loadline::collector

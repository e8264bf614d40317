// Objects that keep their address and their number until they are erased; numbers are used again.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace loadline::collector {

template <typename T>
class Slots {
 public:
  using Id = std::uint32_t;

  Id Add(T value) {
    ++size_;
    if (free_.empty()) {
      slots_.emplace_back(std::move(value));
      return static_cast<Id>(slots_.size() - 1);
    }
    const Id id = free_.back();
    free_.pop_back();
    slots_[id].emplace(std::move(value));
    return id;
  }
  void Erase(Id id) {
    assert(slots_[id]);
    slots_[id].reset();
    free_.push_back(id);
    --size_;
  }
  [[nodiscard]] T& operator[](Id id) {
    assert(slots_[id]);
    return *slots_[id];
  }
  [[nodiscard]] const T& operator[](Id id) const {
    assert(slots_[id]);
    return *slots_[id];
  }
  [[nodiscard]] bool Has(Id id) const { return id < slots_.size() && slots_[id].has_value(); }
  [[nodiscard]] std::size_t size() const { return size_; }

  // visit(id, value), in the order of numbers; `visit` may erase what it is given.
  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (Id id = 0; id < slots_.size(); ++id) {
      if (slots_[id]) visit(id, *slots_[id]);
    }
  }
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (Id id = 0; id < slots_.size(); ++id) {
      if (slots_[id]) visit(id, *slots_[id]);
    }
  }

 private:
  std::deque<std::optional<T>> slots_;
  std::vector<Id> free_;
  std::size_t size_ = 0;
};

}  // namespace loadline::collector

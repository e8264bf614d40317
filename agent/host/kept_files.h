// The files of cgroups that are read now and then, kept open between readings as far as a bound goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace loadline::agent {

// `Files`: those of one cgroup, closed where it has none, and what is known of them.
template <typename Files>
class KeptFiles {
 public:
  // Of so many cgroups; the one that was read longest ago makes room.
  explicit KeptFiles(std::size_t max_open) : max_open_(max_open) {}

  // Those of the cgroup; `open()` opens them when they are not kept. Good until the next call.
  template <typename Open>
  Files& Of(std::uint32_t ref, Open open) {
    if (const auto known = place_.find(ref); known != place_.end()) {
      kept_.splice(kept_.begin(), kept_, known->second);
      return kept_.front().files;
    }
    if (kept_.size() >= max_open_ && !kept_.empty()) Forget(kept_.back().ref);
    kept_.push_front({ref, open()});
    place_.emplace(ref, kept_.begin());
    return kept_.front().files;
  }

  // Null when they are not kept. Good until the next call of Of or Forget.
  [[nodiscard]] const Files* Find(std::uint32_t ref) const {
    const auto known = place_.find(ref);
    return known == place_.end() ? nullptr : &known->second->files;
  }

  void Forget(std::uint32_t ref) {
    const auto known = place_.find(ref);
    if (known == place_.end()) return;
    kept_.erase(known->second);
    place_.erase(known);
  }

 private:
  struct Kept {
    std::uint32_t ref = 0;
    Files files;
  };

  const std::size_t max_open_;
  std::list<Kept> kept_;  // the last that was read first
  std::unordered_map<std::uint32_t, typename std::list<Kept>::iterator> place_;
};

}  // namespace loadline::agent

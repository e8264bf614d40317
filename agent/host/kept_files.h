// The files of cgroups that are read now and then, kept open between readings as far as a bound goes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "schemas/base/fd.h"

namespace loadline::agent {

template <std::size_t kFiles>
class KeptFiles {
 public:
  using Files = std::array<Fd, kFiles>;

  // Of so many cgroups; the one that was read longest ago makes room.
  explicit KeptFiles(std::size_t max_open) : max_open_(max_open) {}

  // Those of the cgroup; `open()` opens them when they are not kept. Good until the next call.
  template <typename Open>
  const Files& Of(std::uint32_t ref, Open open) {
    if (const auto known = place_.find(ref); known != place_.end()) {
      kept_.splice(kept_.begin(), kept_, known->second);
      return kept_.front().files;
    }
    if (kept_.size() >= max_open_ && !kept_.empty()) Forget(kept_.back().ref);
    kept_.push_front({ref, open()});
    place_.emplace(ref, kept_.begin());
    return kept_.front().files;
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
    Files files;  // closed: the cgroup has none
  };

  const std::size_t max_open_;
  std::list<Kept> kept_;  // the last that was read first
  std::unordered_map<std::uint32_t, typename std::list<Kept>::iterator> place_;
};

}  // namespace loadline::agent

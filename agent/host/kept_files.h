// The files of cgroups that are read now and then, kept open between readings as far as a bound goes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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
    auto found = kept_.find(ref);
    if (found == kept_.end()) {
      if (kept_.size() >= max_open_)
        kept_.erase(
            std::ranges::min_element(kept_, {}, [](const auto& each) { return each.second.last_read; }));
      found = kept_.emplace(ref, Kept{open()}).first;
    }
    found->second.last_read = ++reads_;
    return found->second.files;
  }

  void Forget(std::uint32_t ref) { kept_.erase(ref); }

 private:
  struct Kept {
    Files files;  // closed: the cgroup has none
    std::uint64_t last_read = 0;
  };

  const std::size_t max_open_;
  std::unordered_map<std::uint32_t, Kept> kept_;
  std::uint64_t reads_ = 0;
};

}  // namespace loadline::agent

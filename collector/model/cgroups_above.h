// The cgroups of a node that hold those of containers: pods and slices. Their limits hold for all in them together.
//
//   above.Name(identity);                  // a pod or a slice, by its number
//   above.Take(window, end);               // what it was allowed, and when it was stopped
//   above.ForEach(replica.path, visit);    // those above a container, the nearest first
//
// Bounded: so many as no kubelet has, with paths as no kubelet makes; those beyond are passed over. Lives on the core thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

class CgroupsAbove {
 public:
  static constexpr std::size_t kMost = 2000;
  static constexpr std::size_t kLongestPath = 1024;

  struct Group {
    std::string path;
    bool is_pod = false;  // or else a slice
    wire::CgroupLimits limits;
    // Of the last window in which it was told of, which is none where it was idle.
    Wall end{};
    std::uint32_t cpu_us = 0;
    wire::ThrottleWindow throttle;
  };
  using Groups = std::map<std::uint32_t, Group>;

  void Add(std::uint32_t ref, Group group);
  void End(std::uint32_t ref);
  void Clear();
  // Of a number that means something else it takes nothing.
  void Take(const wire::ContainerWindow& window, Wall end);

  [[nodiscard]] const Groups& groups() const { return groups_; }

  template <typename Visit>
  void ForEach(std::string_view path, Visit visit) const {
    for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0;
         end = path.rfind('/', end - 1)) {
      const auto found = by_path_.find(path.substr(0, end));
      if (found != by_path_.end()) visit(groups_.at(found->second));
    }
  }

 private:
  Groups groups_;                                      // by the agent's number
  std::map<std::string_view, std::uint32_t> by_path_;  // the path lies in the group
};

}  // namespace loadline::collector

// The reports of a node that does not exist: so many containers, all of them busy with something.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::bench {

class SyntheticNode {
 public:
  // The same number gives the same node. Refs are 1 to `containers`.
  SyntheticNode(std::uint32_t number, int containers);

  [[nodiscard]] const std::string& name() const { return name_; }

  // The next window, which ends now. The first one names the containers and their limits.
  wire::Report Window(Wall now, Duration length);

 private:
  struct Container {
    std::uint8_t cpu_bucket = 0;  // about which its samples lie
    Bytes memory = 0;
  };

  [[nodiscard]] wire::CgroupIdentity IdentityOf(std::uint32_t ref) const;
  wire::ContainerWindow WindowOf(std::uint32_t ref, Container& container);
  std::uint32_t Random();

  std::string name_;
  std::uint32_t number_;
  std::uint32_t random_;
  bool first_ = true;
  std::vector<Container> containers_;
};

}  // namespace loadline::bench

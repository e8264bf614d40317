// Which kubelets were ever reached, as the store has it, so that a collector that has just begun knows of a silent node that
// something used to be there. A blob for each node in space `kubelet`, JSON by name:
//
//   {"address":"10.0.0.4","port":10250,"answered":true}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadline::collector {

struct KubeletMet {
  std::string node;
  std::string address;  // of IPv4 or IPv6, in numbers
  std::uint16_t port = 0;
  bool answered = false;  // a request, and not only a connection
  bool operator==(const KubeletMet&) const = default;
};

std::string KubeletBytes(const KubeletMet& met);
// Nothing of bytes that are none.
std::optional<KubeletMet> ReadKubelet(std::string node, std::string_view bytes);

}  // namespace loadline::collector

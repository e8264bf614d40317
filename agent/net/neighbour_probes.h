// Whether something answers at the ports of other nodes' kubelets, asked by the collector when it cannot reach them itself:
// connections that are closed as soon as they stand, and on which nothing is said.
//
//   NeighbourProbes probes([](const wire::NeighbourProbed& found) { /* on the thread of the probes */ });
//   probes.Ask({.kubelets = {{"node-7", "10.0.0.9", 10250}}});
//
// Until the first question there is no thread. At most kMostAtOnce are asked at once, and none twice at once; what is more is
// left out. Addresses of this machine and of its link (the metadata service of a cloud is one) are never asked, whoever
// wants it.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/fd.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// Whether a neighbour may be there: an address of IPv4 or IPv6 in numbers, of one other machine, beyond the link.
bool MayBeANeighbour(const std::string& address);

class NeighbourProbes {
 public:
  static constexpr std::size_t kMostAtOnce = 64;
  // The first packet may be lost: it is sent again after a second.
  static constexpr Duration kPatience = std::chrono::milliseconds(1500);

  // `may_be` says of whom may be asked.
  explicit NeighbourProbes(std::function<void(const wire::NeighbourProbed&)> found,
                           std::function<bool(const std::string& address)> may_be = MayBeANeighbour);
  ~NeighbourProbes();
  NeighbourProbes(const NeighbourProbes&) = delete;
  NeighbourProbes& operator=(const NeighbourProbes&) = delete;

  // Any thread. Of an attempt that fails for reasons of this machine (no socket, no route) nothing is found.
  void Ask(const wire::ProbeNeighbours& asked);

 private:
  struct Attempt {
    std::string node;
    Fd socket;
    Mono ends{};
  };
  void Run(const std::stop_token& stop);
  void Begin(wire::KubeletPort kubelet);
  void Wait();
  void End();

  const std::function<void(const wire::NeighbourProbed&)> found_;
  const std::function<bool(const std::string&)> may_be_;
  const SystemClock clock_;
  const Fd wake_;

  std::mutex mutex_;
  std::vector<wire::KubeletPort> asked_;

  std::vector<Attempt> attempts_;  // the thread's
  std::jthread thread_;            // last: it uses everything above
};

}  // namespace loadline::agent

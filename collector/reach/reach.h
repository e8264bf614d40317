// Whether something answers at a port of each node: connections of TCP, and one request of HTTP on each. What comes back is not
// read: a kubelet says that it speaks HTTPS, and has to run for that.
//
//   Reach reach(clock, [] { /* something is known that was not */ });
//   reach.Watch({{"node-1", {"10.0.0.4", 10250}}});
//   reach.Doubt({"node-1"});       // asked again and again, from now until it is not among those any more
//   reach.Of("node-1").unanswered
//
// How often is said by the record of each port (port_record.h). A thread of its own does the asking. All members are
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "collector/verdict/port_record.h"
#include "collector/verdict/witness.h"
#include "schemas/base/clock.h"
#include "schemas/base/fd.h"

namespace loadline::collector {

struct ReachOptions {
  PortPace pace;
  std::size_t in_flight = 256;
};

class Reach {
 public:
  struct Target {
    std::string address;  // of IPv4 or IPv6, in numbers
    std::uint16_t port = 0;
    bool operator==(const Target&) const = default;
  };

  // At whose port something has been, and whether it has answered a request.
  struct Met {
    std::string node;
    Target target;
    bool answered = false;
    bool operator==(const Met&) const = default;
  };

  // `news` is called on the thread when an attempt on a doubted node has ended; `clock` must outlive it.
  Reach(const Clock& clock, std::function<void()> news, const ReachOptions& options = {});
  ~Reach();

  // By name of the node; what is known of others is forgotten, and of one that moved, too.
  void Watch(std::map<std::string, Target, std::less<>> targets);
  // These in place of those before.
  void Doubt(std::set<std::string, std::less<>> nodes);
  // Who was met since the last call, for whoever remembers it longer than this process lives; again when it answers.
  std::vector<Met> TakeMet();
  // Who was met by an earlier process: an address at which another node is now counts as never met.
  void Remember(std::vector<Met> met);
  // Of a node that is not watched: nothing is known.
  [[nodiscard]] Witness Of(std::string_view node) const;

 private:
  struct Asked {
    Target target;
    PortRecord record;
    bool in_flight = false;
  };
  struct Attempt {
    std::string node;
    Target target;
    Fd socket;
    Mono ends{};
    bool asked = false;  // it stands, and the request is sent
  };

  void Run(const std::stop_token& stop);
  void StartDue(Mono now);
  void Start(const std::string& node, Asked& asked, Mono now);
  // Waits until an attempt ends, one is due, or somebody wants something.
  void Wait();
  void EndAttempts();
  void Settle(const Attempt& attempt, int error);
  bool Request(Attempt& attempt, Mono now);
  void SettleAnswer(const Attempt& attempt, bool ended);
  Asked* AskedBy(const Attempt& attempt);
  void Wake() const;
  [[nodiscard]] Duration UntilNext(Mono now) const;
  [[nodiscard]] Witness Remembered(const std::string& node, const Target& target) const;

  const Clock& clock_;
  const std::function<void()> news_;
  const ReachOptions options_;
  const Fd wake_;

  mutable std::mutex mutex_;
  std::map<std::string, Asked, std::less<>> nodes_;
  std::set<std::string, std::less<>> doubted_;
  std::map<std::string, Met, std::less<>> remembered_;
  std::vector<Met> met_;

  std::vector<Attempt> attempts_;  // the thread's
  std::jthread thread_;            // last: it uses everything above
};

}  // namespace loadline::collector

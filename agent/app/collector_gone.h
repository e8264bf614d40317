// The second path: an agent that no collector hears says so to a webhook of its own, once, and once more when
// it is heard again. Nobody else can tell that the one who tells everything is gone.
//
// A thousand agents notice at the same instant and know nothing of one another, so that only a few may speak:
// which ones follows from the hash of their node's name and from about how many nodes there are, and they
// speak one after another. Eight are expected to; that none of a large cluster's does has a chance of about
// one in three thousand.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <thread>

#include "agent/uplink/uplink.h"
#include "schemas/base/clock.h"

namespace loadline::agent {

struct CollectorGoneOptions {
  // Holds the URL, which is a secret; read anew for each message. Empty: says nothing.
  std::string webhook_file;
  std::size_t nodes = 20;  // about how many the cluster has; too few: more agents speak
  // After the uplink has taken the collector for gone, which it does after ten seconds of silence.
  Duration after = std::chrono::seconds(20);
};

// What is to be said and when, without a thread and without a network.
class CollectorGone {
 public:
  CollectorGone(const CollectorGoneOptions& options, std::string node);

  // What to say now: nothing, or a text that is repeated with each call until Said or until it is no longer
  // true.
  [[nodiscard]] std::optional<std::string> Step(bool connected, Mono now);
  void Said();

  [[nodiscard]] bool speaks() const { return speaks_; }
  [[nodiscard]] Duration delay() const { return delay_; }

 private:
  const std::string node_;
  bool speaks_;
  Duration delay_;
  std::optional<Mono> alone_since_;
  bool gone_ = false;       // as it is to be said
  bool said_gone_ = false;  // as it was said
};

// Asks the uplink each second and speaks; ends with its thread. Both must outlive it.
class CollectorGoneWatch {
 public:
  CollectorGoneWatch(const CollectorGoneOptions& options, const std::string& node, const Uplink& uplink,
                     const Clock& clock);

 private:
  std::jthread thread_;
};

}  // namespace loadline::agent

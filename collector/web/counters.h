// What the web server counts about itself, for /metrics.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace loadline::collector {

class WebCounters {
 public:
  WebCounters();

  // `what` is one of few words: "api", "metrics", "page", "events", "health".
  void Count(const std::string& what, int status);
  prometheus::Gauge& streams() { return streams_; }
  // A connection that ended before its time, by one of few words.
  void CountClosed(const std::string& reason);
  void SetConnections(std::size_t open) { connections_.Set(static_cast<double>(open)); }
  // In Prometheus' text format.
  [[nodiscard]] std::string Text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Gauge& streams_;
  prometheus::Family<prometheus::Counter>& closed_;
  prometheus::Gauge& connections_;
};

}  // namespace loadline::collector

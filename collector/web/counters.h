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
  // In Prometheus' text format.
  [[nodiscard]] std::string Text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Gauge& streams_;
};

}  // namespace loadline::collector

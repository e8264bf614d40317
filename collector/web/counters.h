// What the web server counts about itself, for /metrics.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <span>
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
  // Of buttons in Slack: that such requests are heard here, so that the counters are there before the first; and one of
  // which nothing was done, by one of few words.
  void HearPresses(std::span<const char* const> reasons);
  void CountRefusedPress(const std::string& reason) {
    presses_refused_.Add({{"reason", reason}}).Increment();
  }
  void SetConnections(std::size_t open) { connections_.Set(static_cast<double>(open)); }
  // In Prometheus' text format.
  [[nodiscard]] std::string Text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Gauge& streams_;
  prometheus::Family<prometheus::Counter>& closed_;
  prometheus::Gauge& connections_;
  prometheus::Family<prometheus::Counter>& presses_refused_;
};

}  // namespace loadline::collector

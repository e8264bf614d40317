#include "collector/web/counters.h"

#include <prometheus/text_serializer.h>

namespace loadline::collector {

WebCounters::WebCounters()
    : requests_(prometheus::BuildCounter()
                    .Name("loadline_http_requests_total")
                    .Help("Requests answered, by what was asked for and by status.")
                    .Register(registry_)),
      streams_(prometheus::BuildGauge()
                   .Name("loadline_http_streams")
                   .Help("Live streams of events that are open.")
                   .Register(registry_)
                   .Add({})),
      closed_(prometheus::BuildCounter()
                  .Name("loadline_http_connections_closed_total")
                  .Help("Connections that were closed before their time, or turned away, by reason.")
                  .Register(registry_)),
      connections_(prometheus::BuildGauge()
                       .Name("loadline_http_connections")
                       .Help("Open connections to the page's port.")
                       .Register(registry_)
                       .Add({})),
      presses_refused_(prometheus::BuildCounter()
                           .Name("loadline_slack_presses_refused_total")
                           .Help("Presses of buttons in Slack of which nothing was done, by reason.")
                           .Register(registry_)) {}

void WebCounters::HearPresses(std::span<const char* const> reasons) {
  for (const char* reason : reasons) presses_refused_.Add({{"reason", reason}});
}

void WebCounters::CountClosed(const std::string& reason) {
  closed_.Add({{"reason", reason}}).Increment();
}

void WebCounters::Count(const std::string& what, int status) {
  requests_.Add({{"path", what}, {"status", std::to_string(status)}}).Increment();
}

std::string WebCounters::Text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace loadline::collector

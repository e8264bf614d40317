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
                   .Add({})) {}

void WebCounters::Count(const std::string& what, int status) {
  requests_.Add({{"path", what}, {"status", std::to_string(status)}}).Increment();
}

std::string WebCounters::Text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace loadline::collector

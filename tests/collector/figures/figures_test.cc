#include "collector/figures/figures.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace loadline::collector {
namespace {

const std::set<std::string> kSchemas = {"Count",      "Amount",      "Share",
                                        "MaybeCount", "MaybeAmount", "MaybeDifference"};

// Names of metrics are one each in all of /metrics.
template <typename Of>
void Check(Figures<Of> figures, std::set<std::string>& metrics) {
  std::set<std::string> names;
  for (const Figure<Of>& figure : figures) {
    const std::string name = figure.name;
    EXPECT_TRUE(names.insert(name).second) << name << " stands twice";
    EXPECT_TRUE(kSchemas.contains(figure.schema)) << name;
    EXPECT_TRUE(std::string(figure.meaning).ends_with('.')) << name;
    if (figure.metric != nullptr) {
      EXPECT_TRUE(metrics.insert(figure.metric).second) << figure.metric << " stands twice";
    }
    // What cannot be null never is, also of what nothing is known of.
    const bool maybe = std::string(figure.schema).starts_with("Maybe");
    EXPECT_TRUE(maybe || !std::holds_alternative<std::monostate>(figure.value(Of{}))) << name;
    const bool whole = std::string(figure.schema).ends_with("Count");
    EXPECT_TRUE(!whole || !std::holds_alternative<double>(figure.value(Of{}))) << name;
  }
}

TEST(Figures, EachIsDescribedOnceAndAsItIs) {
  std::set<std::string> metrics;
  Check(ContainerFigures(), metrics);
  Check(ContainerTotals(), metrics);
  Check(NodeFigures(), metrics);
  Check(AgentFigures(), metrics);
  Check(CollectorFigures(), metrics);
  Check(ReceiverFigures(), metrics);
  Check(WatchFigures(), metrics);
}

}  // namespace
}  // namespace loadline::collector

#include "collector/alert_text/alert_words.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

Alert With(const Labels& labels) {
  return {.fingerprint = {}, .rule = "ContainerThrottled", .labels = labels};
}

TEST(AlertWords, ThePlaceIsToldFromTheContainerToTheCluster) {
  EXPECT_EQ(Title(With({{"namespace", "shop"},
                        {"workload", "shop/Deployment/cart"},
                        {"container", "app"},
                        {"node", "n1"},
                        {"cluster", "prod"}})),
            "ContainerThrottled shop/Deployment/cart/app on n1 in prod");
  EXPECT_EQ(Where(With({{"node", "n1"}, {"cluster", "prod"}})), "n1 in prod");
  EXPECT_EQ(Where(With({{"cluster", "prod"}})), "prod");
  EXPECT_EQ(Where(With({{"node", "n1"}})), "n1");
  EXPECT_EQ(Where(With({})), "");
}

TEST(AlertWords, AMachineThatIsItsOwnClusterIsNamedOnce) {
  EXPECT_EQ(Where(With({{"workload", "unit/nginx.service"}, {"node", "web-1"}, {"cluster", "web-1"}})),
            "unit/nginx.service on web-1");
}

}  // namespace
}  // namespace loadline::collector

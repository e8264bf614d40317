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

TEST(AlertWords, WhatNothingElsePlacesIsPlacedByItsInstance) {
  EXPECT_EQ(Where(With({{"instance", "10.0.0.1:9100"}, {"job", "node"}, {"cluster", "prod"}})),
            "10.0.0.1:9100 in prod");
  EXPECT_EQ(Where(With({{"instance", "10.0.0.1:9100"}, {"node", "n1"}})), "n1");
}

TEST(AlertWords, OfTheFurtherLabelsThoseThatDifferComeFirst) {
  const Alert a = With({{"namespace", "shop"}, {"job", "node"}, {"mountpoint", "/"}, {"severity", "page"}});
  const Alert b = With({{"namespace", "shop"}, {"job", "node"}, {"mountpoint", "/var"}});
  const Alert* both[] = {&a, &b};
  EXPECT_EQ(FurtherLabels(a, both), "mountpoint=/, job=node");
  EXPECT_EQ(FurtherLabels(b, both), "mountpoint=/var, job=node");
  EXPECT_EQ(FurtherLabels(With({{"node", "n1"}, {"instance", "i"}}), {}), "instance=i");
}

TEST(AlertWords, LinksAreThoseThatABrowserOpens) {
  Alert alert = With({});
  alert.runbook = "https://wiki.example/x";
  alert.posted = {
      .annotations = {{"dashboard_url", "https://grafana.example/d/1"}, {"dashboard", "javascript:x"}},
      .generator_url = "http://prometheus:9090/graph?g0.expr=up",
      .ends_at = {}};
  std::string words;
  for (const AlertLink& link : Links(alert)) words += std::string(link.words) + " " + link.url + "\n";
  EXPECT_EQ(words,
            "Source http://prometheus:9090/graph?g0.expr=up\nDashboard https://grafana.example/d/1\n"
            "Runbook https://wiki.example/x\n");
  alert.posted->generator_url = "http://x/<script>";
  EXPECT_EQ(Links(alert).front().url, "https://grafana.example/d/1");
}

}  // namespace
}  // namespace loadline::collector

#include "collector/alert/route.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using testing::ElementsAre;

Matcher Is(const std::string& name, const std::string& value, Matcher::Op op = Matcher::Op::kEqual) {
  return Matcher::Make(name, op, value).value();
}

// default
//   +-- shop (namespace="shop"), continues
//   |     +-- shop-critical (severity="Sev0")
//   +-- anybody-critical (severity=~"Sev[01]")
Route Tree() {
  Route root{.receiver = "default"};
  Route shop{.receiver = "shop", .matchers = {Is("namespace", "shop")}, .continue_matching = true};
  shop.routes = {{.receiver = "shop-critical", .matchers = {Is("severity", "Sev0")}}};
  root.routes = {
      shop, {.receiver = "anybody-critical", .matchers = {Is("severity", "Sev[01]", Matcher::Op::kMatches)}}};
  SetKeys(root);
  return root;
}

std::vector<std::string> Told(const Labels& labels) {
  const Route tree = Tree();
  std::vector<std::string> receivers;
  for (const Route* route : MatchRoutes(tree, labels)) receivers.push_back(route->receiver);
  return receivers;
}

TEST(Route, ANodeAnswersWhenNoChildMatches) {
  EXPECT_THAT(Told({{"namespace", "billing"}}), ElementsAre("default"));
}

TEST(Route, TheDeepestMatchAnswersInPlaceOfItsParents) {
  EXPECT_THAT(Told({{"severity", "Sev1"}}), ElementsAre("anybody-critical"));
  EXPECT_THAT(Told({{"namespace", "shop"}}), ElementsAre("shop"));
}

TEST(Route, MatchingGoesOnBehindARouteThatContinues) {
  EXPECT_THAT(Told({{"namespace", "shop"}, {"severity", "Sev0"}}),
              ElementsAre("shop-critical", "anybody-critical"));
}

TEST(Route, KeysAreTheMatchersFromTheRoot) {
  const Route tree = Tree();
  EXPECT_EQ(tree.key, "{}");
  EXPECT_EQ(tree.routes[0].routes[0].key, R"({}/{namespace="shop"}/{severity="Sev0"})");
  EXPECT_EQ(GroupKey(tree, {{"alertname", "X"}}), R"({}:{alertname="X"})");
}

TEST(Route, IdsTellRoutesOfEqualMatchersApartAndTheFirstHasThePlainKey) {
  Route tree{.receiver = "a", .routes = {{.receiver = "b"}, {.receiver = "c"}, {.receiver = "c"}}};
  tree.routes[1].routes = {{.receiver = "d"}};
  SetKeys(tree);
  EXPECT_EQ(tree.routes[0].id, "{}/{}");
  EXPECT_EQ(tree.routes[1].id, "{}/{} to c");
  EXPECT_EQ(tree.routes[2].id, "{}/{} to c #2");
  EXPECT_EQ(tree.routes[1].routes[0].id, "{}/{}/{}");
  EXPECT_EQ(GroupId(tree.routes[1], {{"alertname", "X"}}), R"({}/{} to c:{alertname="X"})");
}

TEST(Route, GroupLabelsAreThoseNamedThatTheAlertHas) {
  Route route{.receiver = "r", .group_by = {"namespace", "node"}};
  EXPECT_EQ(GroupLabels(route, {{"namespace", "shop"}, {"pod", "p"}}), (Labels{{"namespace", "shop"}}));
  route.group_by_all = true;
  EXPECT_EQ(GroupLabels(route, {{"namespace", "shop"}, {"pod", "p"}}),
            (Labels{{"namespace", "shop"}, {"pod", "p"}}));
}

}  // namespace
}  // namespace loadline::collector

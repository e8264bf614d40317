// Whom to tell: a tree of routes with Alertmanager's meaning.
//
// Matching goes depth first. A node whose matchers match asks its children in order and stops at the first
// that matches, unless that child says `continue_matching`; when no child matches, the node itself is the
// answer. Children inherit whatever they do not say; config/ fills that in, so that every Route is complete
// here.
#pragma once

#include <string>
#include <vector>

#include "collector/match/matcher.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct Route {
  std::string receiver;
  Matchers matchers{};
  bool continue_matching = false;
  std::vector<std::string> group_by{};
  bool group_by_all = false;  // group_by: ['...']: every alert is its own group
  Duration group_wait = std::chrono::seconds(30);
  Duration group_interval = std::chrono::minutes(5);
  Duration repeat_interval = std::chrono::hours(4);
  std::vector<std::string> mute_time_intervals{};
  std::vector<std::string> active_time_intervals{};
  Labels labels{};  // texts of templates, those of the routes above it among them
  std::vector<Route> routes{};
  // Both set by SetKeys. The key is what receivers see of it: the matchers from the root to here, joined by
  // '/'. Several routes may have the same; the id is this one's alone.
  std::string key{};
  std::string id{};
};

// Fills `key` and `id` in the whole tree. To be called once after building it by hand or from a file.
void SetKeys(Route& root);

// The routes that take an alert of these labels, in order; never empty when the root has no matchers.
[[nodiscard]] std::vector<const Route*> MatchRoutes(const Route& root, const Labels& labels);

// The labels that make the group of an alert under a route.
[[nodiscard]] Labels GroupLabels(const Route& route, const Labels& labels);
// {}/{severity="Sev0"}:{namespace="shop"}
[[nodiscard]] std::string GroupKey(const Route& route, const Labels& group_labels);
// The group itself, whatever others have the same key: the first route of a key has it for its id, and a later
// one names its receiver too.
[[nodiscard]] std::string GroupId(const Route& route, const Labels& group_labels);

}  // namespace loadline::collector

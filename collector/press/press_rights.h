// Who may press what.
//
// A silence is for a day at most, is seen by everybody, and whoever is woken by an alert may want one: where nobody is
// named, everybody who sees the message may. A step of a repair takes a node from the cluster: where nobody is named,
// nobody may.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "collector/press/press.h"

namespace loadline::collector {

struct PressRights {
  std::set<std::string> silencers;  // Slack's ids; empty: everybody
  std::set<std::string> approvers;  // empty: nobody
};

// "U024BE7LH, W012A3CDE": fails on what is no id of a person.
Result<std::set<std::string>> ReadSlackUsers(std::string_view list);

// kDenied, and why, when who pressed may not.
Result<void> MayPress(const Press& press, const PressRights& rights);

}  // namespace loadline::collector

#include "collector/press/button.h"

#include "collector/alert/alert.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kAlert = "alert:";
constexpr std::string_view kGroup = "group:";

}  // namespace

std::string NameOfAlert(std::string_view fingerprint) {
  return std::string(kAlert).append(fingerprint);
}

std::string NameOfGroup(const std::string& group_key) {
  return std::string(kGroup) + Fingerprint("", {{"group", group_key}});
}

PressedName ReadName(std::string_view name) {
  if (name.starts_with(kGroup)) return {.group = true, .id = name};
  if (name.starts_with(kAlert)) return {.id = name.substr(kAlert.size())};
  return {};
}

}  // namespace loadline::collector

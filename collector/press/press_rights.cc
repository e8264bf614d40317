#include "collector/press/press_rights.h"

#include <fmt/core.h>

#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

Result<std::set<std::string>> ReadSlackUsers(std::string_view list) {
  std::set<std::string> users;
  while (!Trimmed(list).empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view user = Trimmed(list.substr(0, comma));
    if (!IsSlackUser(user)) {
      return Failure(ErrorKind::kInvalid,
                     fmt::format("'{}' is no id of a person in Slack such as U024BE7LH", Printable(user)));
    }
    users.emplace(user);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return users;
}

Result<void> MayPress(const Press& press, const PressRights& rights) {
  if (press.what == Press::What::kSilence) {
    if (rights.silencers.empty() || rights.silencers.contains(press.user)) return {};
    return Failure(ErrorKind::kDenied, "only those whom slack.silencers names may silence from here");
  }
  if (rights.approvers.contains(press.user)) return {};
  return Failure(ErrorKind::kDenied,
                 "only those whom slack.approvers names may decide about repairs from here");
}

}  // namespace loadline::collector

#include "collector/app/press_choice.h"

#include <utility>

namespace loadline::collector {

Result<PressChoice> ChoosePresses(const SlackConfig& config) {
  Result<std::set<std::string>> silencers = ReadSlackUsers(config.silencers);
  if (!silencers) return Failure(silencers.error().In("slack.silencers"));
  Result<std::set<std::string>> approvers = ReadSlackUsers(config.approvers);
  if (!approvers) return Failure(approvers.error().In("slack.approvers"));
  const bool heard = !config.signing_secret_file.empty();
  if (!heard && !(silencers->empty() && approvers->empty()))
    return Failure(ErrorKind::kInvalid,
                   "slack.signing_secret_file: needed where slack.silencers or slack.approvers are named");
  PressChoice choice{.buttons = {.silence = heard, .repair = heard && !approvers->empty()},
                     .rights = {.silencers = std::move(*silencers), .approvers = std::move(*approvers)},
                     .answers_below = config.response_url};
  if (!choice.answers_below.ends_with('/')) choice.answers_below += '/';
  return choice;
}

}  // namespace loadline::collector

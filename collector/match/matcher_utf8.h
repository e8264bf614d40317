// The stricter language of matchers that Alertmanager has since 0.27: labels of any name.
//
//   {ä=b, "a name"="x", k8s.pod.name=~"p.*",}
//
// A name or value without quotes holds neither white space nor any of {}!=~,\"'`; with quotes it has Go's
// escapes. Braces stand around all of it or not at all; a comma may stand at the end.
#pragma once

#include <string_view>

#include "collector/match/matcher.h"

namespace loadline::collector {

Result<Matcher> ParseUtf8Matcher(std::string_view text);
Result<Matchers> ParseUtf8Matchers(std::string_view text);

}  // namespace loadline::collector

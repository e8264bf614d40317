#include "collector/alert/flapping.h"

#include <fmt/core.h>

#include <algorithm>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

std::int64_t BeganLately(const Alert& alert, Wall now, const FlapOptions& options) {
  return std::ranges::count_if(alert.began, [&](Wall at) { return now - at < options.within; });
}

}  // namespace

void NoteBegin(Alert& alert, Wall now, const FlapOptions& options) {
  // What a clock that was set back left in the future would count for ever.
  std::erase_if(alert.began, [&](Wall at) { return at > now || now - at >= options.within; });
  if (alert.began.size() >= Alert::kMostBegan) alert.began.erase(alert.began.begin());
  alert.began.push_back(now);
  alert.calm = false;
}

bool Flaps(const Alert& alert, Wall now, const FlapOptions& options) {
  return options.begins > 0 && BeganLately(alert, now, options) >= options.begins;
}

std::string FlapWords(const Alert& alert, Wall now, const FlapOptions& options) {
  if (!Flaps(alert, now, options)) return "";
  return fmt::format("; flapping: began {} times within {}", BeganLately(alert, now, options),
                     FormatSeconds(Seconds(options.within)));
}

}  // namespace loadline::collector

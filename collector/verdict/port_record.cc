#include "collector/verdict/port_record.h"

#include <algorithm>

namespace loadline::collector {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);

}  // namespace

void PortRecord::There() {
  lost_.There(witness_.unanswered);
  witness_.enough = lost_.Enough();
  witness_.unanswered = witness_.refused = 0;
}

void PortRecord::Doubt(Mono now) {
  There();
  witness_.mute = 0;
  next_ = now;
}

// Whether it answers at all is soon to be known, and the first attempt of a busy collector may fail.
Duration PortRecord::CalmPause(const PortPace& pace) {
  if (witness_.knows) return lost_.acquainted() ? pace.calm : pace.acquaint;
  pause_ = std::min<Duration>(std::max<Duration>(pause_ * 2, kFirstPause), pace.calm);
  return pause_;
}

void PortRecord::Begin(bool doubted, Mono now, const PortPace& pace) {
  next_ = now + (doubted ? pace.patience : CalmPause(pace));
}

void PortRecord::Settle(PortAnswer answer) {
  switch (answer) {
    case PortAnswer::kAccepted:
      witness_.knows = true;
      There();
      break;
    case PortAnswer::kRefused:
      ++witness_.refused;
      witness_.unanswered = 0;
      break;
    case PortAnswer::kNothing:
      ++witness_.unanswered;
      witness_.refused = 0;
      break;
  }
}

void PortRecord::Answered(bool answered, Mono now) {
  listening_ = false;
  if (answered) {
    witness_.answered = now;
    witness_.mute = 0;
  } else {
    // Or the connection ended without a word, as by a proxy on the way that accepts for whomever it cannot reach.
    ++witness_.mute;
  }
}

}  // namespace loadline::collector

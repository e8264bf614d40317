#include "collector/usage/cpu_profile.h"

#include <algorithm>

#include "collector/usage/bucket_scheme.h"

namespace loadline::collector {

void CpuProfile::AddStartup(FineHistogram& to, Wall start) const {
  for (std::size_t minute = 0; minute < startup_.size(); ++minute) {
    if (startup_[minute] > 0) to.Add(startup_[minute], 60, start + std::chrono::minutes(minute + 1));
  }
}

void CpuProfile::Ended(Wall last) {
  if (started_ && (minutes_.IsEmpty() || last - *started_ < kBrief)) {
    AddStartup(minutes_, *started_);
    startup_ = {};
  }
  started_.reset();
  throttling_.Ended();
}

FineHistogram CpuProfile::AllMinutes(Wall now) const {
  FineHistogram minutes = minutes_;
  AddStartup(minutes, now - std::chrono::minutes(kStartupMinutes));
  return minutes;
}

void CpuProfile::AddWindow(const CpuSample& sample) {
  throttling_.Add(sample);
  const BucketScheme& scheme = BucketScheme::Cpu();
  for (const wire::CpuWindow::Bin& bin : sample.one_second) {
    if (bin.bucket < scheme.Count()) seconds_.Add(scheme.End(bin.bucket), bin.count, sample.at);
  }
}

void CpuProfile::AddMinute(double cores, Duration length, Wall end) {
  if (started_) {
    const auto minute = (end - length - *started_) / std::chrono::minutes(1);
    if (minute >= 0 && minute < kStartupMinutes) {
      float& held = startup_[static_cast<std::size_t>(minute)];
      held = std::max(held, static_cast<float>(cores));
      return;
    }
  }
  minutes_.Add(cores, Seconds(length), end);
}

void CpuProfile::Merge(const CpuProfile& other) {
  minutes_.Merge(other.minutes_);
  seconds_.Merge(other.seconds_);
  throttling_.Merge(other.throttling_);
  for (std::size_t i = 0; i < startup_.size(); ++i) startup_[i] = std::max(startup_[i], other.startup_[i]);
}

}  // namespace loadline::collector

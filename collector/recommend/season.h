// Peaks that come back by the calendar.
//
// Twice in the same place of a period, because once is an accident. The periods are a week and a fortnight: what is
// remembered, four weeks, holds two of either. It is asked for from a day before it is due, because a request has to
// be there before the peak, and until some hours after, because it may be late.
#pragma once

#include "collector/usage/block_peaks.h"

namespace loadline::collector {

// The peak, in bytes, that is due; 0 when there is none.
double DuePeak(const BlockPeaks& peaks, Wall now);

// What is given on top of it.
constexpr double kSeasonMargin = 0.05;

// Whether what was used in that block came in the same place a period before, so that DuePeak has the next in time.
bool IsOfSeason(const BlockPeaks& peaks, Wall block, double peak);

}  // namespace loadline::collector

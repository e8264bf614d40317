#include "collector/simulate/line.h"

namespace loadline::collector {
namespace {

constexpr double kFirstWait = 0.2;
constexpr double kLongestWait = 60;
constexpr double kOnTheWay = 0.002;

}  // namespace

bool SimulatedLine::Passes(double at, Chance& chance) const {
  return !AnyHas(gaps_, at) && chance.Between(0, 1) >= loss_;
}

double SimulatedLine::Carried(double sent, Chance& chance) const {
  double at = sent;
  for (double wait = kFirstWait; !Passes(at, chance) && wait < kLongestWait; wait *= 2) at += wait;
  return at + kOnTheWay;
}

}  // namespace loadline::collector

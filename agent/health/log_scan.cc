#include "agent/health/log_scan.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kLongestLine = std::size_t{64} << 10;

}  // namespace

void LogScan::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      begun_ += bytes;
      if (begun_.size() >= kLongestLine) End();
      return;
    }
    if (begun_.empty()) {
      Line(bytes.substr(0, end));
    } else {
      begun_ += bytes.substr(0, end);
      Line(begun_);
      begun_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
}

void LogScan::End() {
  if (begun_.empty()) return;
  Line(begun_);
  begun_.clear();
}

void LogScan::Line(std::string_view line) {
  ++lines_;
  for (const std::string_view words : text_.Lines(line)) {
    for (const RuleMatch& match : engine_.Next(words)) {
      ++matches_;
      told_(lines_, match);
    }
  }
}

}  // namespace loadline::agent

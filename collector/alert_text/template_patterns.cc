#include "collector/alert_text/template_patterns.h"

namespace loadline::collector {
namespace {

constexpr std::int64_t kMemory = 256 * 1024;
constexpr std::size_t kReading = 1'000;  // steps: that takes longer than looking at a value

}  // namespace

const re2::RE2& TemplatePatterns::Of(const std::string& pattern, TemplateMeter& meter) {
  std::unique_ptr<re2::RE2>& known = known_[pattern];
  if (known == nullptr) {
    meter.Charge(kReading + pattern.size());
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kMemory);
    known = std::make_unique<re2::RE2>(pattern, options);
  }
  if (!known->ok()) throw TemplateFault{.words = known->error()};
  return *known;
}

void TemplatePatterns::ChargeSearch(const re2::RE2& pattern, std::size_t bytes, TemplateMeter& meter) {
  meter.Charge(1 + bytes * static_cast<std::size_t>(pattern.ProgramSize()) / 64);
}

}  // namespace loadline::collector

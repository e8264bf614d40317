// Counts the work that one filling in of a template does, and ends it when it is too much: templates are
// somebody's program, and loops within loops over hundreds of alerts take minutes.
#pragma once

#include <cstddef>

#include "collector/alert_text/template_fault.h"

namespace loadline::collector {

class TemplateMeter {
 public:
  explicit TemplateMeter(std::size_t most) : left_(most) {}

  // Throws TemplateFault when nothing is left.
  void Charge(std::size_t steps) {
    if (steps > left_) throw TemplateFault{.words = "it takes too much work"};
    left_ -= steps;
  }
  // For bytes that are compared, joined, changed or written.
  void ChargeBytes(std::size_t bytes) { Charge(1 + bytes / 64); }

 private:
  std::size_t left_;
};

}  // namespace loadline::collector

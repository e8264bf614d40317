// A text of one's own as it was read: what text_template.cc writes and text_template_render.cc walks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "collector/alert_text/text_template.h"

namespace loadline::collector {

struct TextTemplate::Operand {
  enum class Kind { kPath, kLiteral, kInner };
  Kind kind = Kind::kPath;
  bool from_root = false;  // $
  std::vector<std::string> path{};
  nlohmann::json literal{};
  Pipeline inner;
};

struct TextTemplate::Call {
  std::string function;  // empty: the value of the one argument
  std::vector<Operand> arguments;
};

struct TextTemplate::Node {
  enum class Kind { kText, kValue, kIf, kRange };
  Kind kind = Kind::kText;
  std::string text{};
  Pipeline pipeline{};
  Nodes then{};
  Nodes otherwise{};
};

}  // namespace loadline::collector

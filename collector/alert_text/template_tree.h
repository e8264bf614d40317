// A template as it was read: what template_parser.cc writes and template_run.cc walks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loadline::collector {

struct TemplatePipeline;

// A number as it stands in a template; which of its readings is meant depends on where it stands.
struct TemplateNumber {
  std::optional<std::int64_t> whole{};
  std::optional<double> real{};
  bool reads_as_real = false;  // 1.5, 28800e9: a float where no other type is asked for
};

struct TemplateOperand {
  enum class Kind { kDot, kNil, kBool, kNumber, kText, kField, kVariable, kFunction, kInner };
  Kind kind = Kind::kDot;
  std::size_t line = 1;
  bool truth = false;
  TemplateNumber number{};
  std::string text{};                   // of kText, kVariable ("$x") and kFunction
  std::vector<std::string> fields{};    // .a.b of kField, and behind a variable, a function or parentheses
  std::vector<TemplatePipeline> inner;  // of kInner, one
};

struct TemplateCommand {
  std::vector<TemplateOperand> operands;
};

struct TemplatePipeline {
  std::size_t line = 1;
  std::vector<std::string> variables{};  // that it declares, or with `assigns` sets
  bool assigns = false;
  std::vector<TemplateCommand> commands{};
};

struct TemplateNode {
  enum class Kind { kText, kAction, kIf, kWith, kRange, kTemplate, kBreak, kContinue };
  Kind kind = Kind::kText;
  std::size_t line = 1;
  std::string text{};  // of kText; the name of kTemplate
  std::optional<TemplatePipeline> pipeline{};
  std::vector<TemplateNode> then{};
  std::vector<TemplateNode> otherwise{};
};

using TemplateNodes = std::vector<TemplateNode>;

struct TemplateDefinition {
  TemplateNodes nodes;
  std::string file{};  // of `templates:` where it is from; empty: the text itself, or built in
};

struct ParsedTemplate {
  TemplateNodes nodes;                                // outside of definitions
  std::map<std::string, TemplateDefinition> defined;  // by {{ define }} and {{ block }}
};

}  // namespace loadline::collector

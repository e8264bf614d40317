#include "collector/alert_text/template_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "collector/alert_text/template_arguments.h"
#include "collector/alert_text/template_compare.h"
#include "collector/alert_text/template_format.h"
#include "collector/alert_text/text_template.h"

namespace loadline::collector {
namespace {

using Node = TemplateNode;
using Operand = TemplateOperand;

constexpr int kDeepestNesting = 400;

Value NumberValue(const TemplateNumber& number) {
  if (number.reads_as_real) return *number.real;
  return IntOf(*number.whole);
}

class Runner {
 public:
  Runner(const TemplateRunParts& parts, Value data) : parts_(parts) {
    variables_.push_back({"$", data});
    dot_ = std::move(data);
  }

  void Run(const TemplateNodes& nodes) try { Walk(nodes); } catch (TemplateFault& fault) {
    if (fault.line == 0) {
      fault.line = line_;
      fault.file = file_;
    }
    throw;
  }

 private:
  enum class Flow { kOn, kBreak, kContinue };
  struct Variable {
    std::string name;
    Value value;
  };

  [[noreturn]] static void Fail(std::string words) { throw TemplateFault{.words = std::move(words)}; }
  bool Full() const { return parts_.writer.size() > TextTemplate::kMostRendered; }

  Flow Walk(const TemplateNodes& nodes) {
    if (++nesting_ > kDeepestNesting) Fail("too deep");
    Flow flow = Flow::kOn;
    for (const Node& node : nodes) {
      parts_.meter.Charge(1);
      line_ = node.line;
      flow = Full() ? Flow::kBreak : Walk(node);
      if (flow != Flow::kOn) break;
    }
    --nesting_;
    return flow;
  }
  Flow Walk(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kText:
        parts_.meter.ChargeBytes(node.text.size());
        parts_.writer.Words(node.text);
        return Flow::kOn;
      case Node::Kind::kAction:
        Action(*node.pipeline);
        return Flow::kOn;
      case Node::Kind::kTemplate:
        Call(node);
        return Flow::kOn;
      case Node::Kind::kBreak:
        return Flow::kBreak;
      case Node::Kind::kContinue:
        return Flow::kContinue;
      case Node::Kind::kRange:
        return Range(node);
      case Node::Kind::kIf:
      case Node::Kind::kWith:
        break;
    }
    return Branch(node);
  }

  // Actions.
  void Action(const TemplatePipeline& pipeline) {
    const bool escapes = parts_.html && EscapesItself(pipeline);
    const Value value = Pipe(pipeline, escapes);
    if (!pipeline.variables.empty()) return;
    const MarkedText text = Written(value, parts_.meter);
    parts_.meter.ChargeBytes(text.size());
    const auto* words = std::get_if<TextValue>(&value);
    parts_.writer.Put(text, words != nullptr ? words->kind : TextValue::Kind::kString);
  }
  // {{ .Labels.a | html }}: in HTML the writer does that, once.
  static bool EscapesItself(const TemplatePipeline& pipeline) {
    const Operand& last = pipeline.commands.back().operands.front();
    return last.kind == Operand::Kind::kFunction && last.text == "html" && pipeline.variables.empty();
  }
  Flow Branch(const Node& node) {
    const std::size_t variables = variables_.size();
    Value value = Pipe(*node.pipeline);
    const bool truth = IsTrue(value);
    Flow flow = Flow::kOn;
    if (truth && node.kind == Node::Kind::kWith) {
      Value outside = std::exchange(dot_, std::move(value));
      flow = Walk(node.then);
      dot_ = std::move(outside);
    } else {
      flow = Walk(truth ? node.then : node.otherwise);
    }
    variables_.resize(variables);
    return flow;
  }
  Flow Range(const Node& node) {
    const std::size_t variables = variables_.size();
    const Value over = Pipe(*node.pipeline);
    const Value outside = dot_;
    const std::optional<Flow> flow = Each(node, over);
    dot_ = outside;
    const Flow end = flow ? *flow : Walk(node.otherwise);
    variables_.resize(variables);
    return end;
  }
  // Nothing: there was nothing to loop over.
  std::optional<Flow> Each(const Node& node, const Value& over) {
    std::int64_t round = 0;
    const std::size_t declared = node.pipeline->variables.size();
    if (const ValueList* list = AsList(over)) {
      for (const Value& item : list->items) {
        if (!Once(node, IntOf(round++), item)) break;
      }
      if (list->items.empty()) return std::nullopt;
    } else if (const ValueMap* map = AsMap(over)) {
      for (const auto& [name, entry] : map->entries) {
        if (!Once(node, TextOf(entry.name), entry.value)) break;
      }
      if (map->entries.empty()) return std::nullopt;
    } else if (const auto* count = std::get_if<IntValue>(&over)) {
      if (declared > 1) Fail("range over a number with two variables");
      while (round < count->value && Once(node, Value(), IntOf(round, count->kind))) ++round;
      if (count->value <= 0) return std::nullopt;
    } else if (IsNothing(over)) {
      return std::nullopt;
    } else {
      Fail(fmt::format("range over a {}", TypeName(over)));
    }
    return Flow::kOn;
  }
  // False: no more of it.
  bool Once(const Node& node, Value at, Value item) {
    parts_.meter.Charge(1);
    const TemplatePipeline& pipeline = *node.pipeline;
    if (pipeline.variables.size() == 1) Set(pipeline, 0, item);
    if (pipeline.variables.size() == 2) {
      Set(pipeline, 0, std::move(at));
      Set(pipeline, 1, item);
    }
    const std::size_t variables = variables_.size();
    dot_ = std::move(item);
    const Flow flow = Walk(node.then);
    variables_.resize(variables);
    return flow != Flow::kBreak;
  }
  // The loop's variables are those that were pushed when its pipeline was looked at.
  void Set(const TemplatePipeline& pipeline, std::size_t i, Value value) {
    Find(pipeline.variables[i]) = std::move(value);
  }
  void Call(const Node& node) {
    const TemplateDefinition* called = FindTemplate(parts_.parsed, parts_.set, node.text);
    if (called == nullptr) Fail(fmt::format("no template '{}'", node.text));
    if (++depth_ > TextTemplate::kDeepestCalls) Fail("templates call one another too deeply");
    Value data = node.pipeline ? Pipe(*node.pipeline) : Value();
    std::vector<Variable> variables = std::exchange(variables_, {{"$", data}});
    Value dot = std::exchange(dot_, std::move(data));
    const std::string file = std::exchange(file_, called->file);
    Walk(called->nodes);
    file_ = file;
    dot_ = std::move(dot);
    variables_ = std::move(variables);
    --depth_;
  }

  // Pipelines.
  Value& Find(const std::string& name) {
    const auto it = std::find_if(variables_.rbegin(), variables_.rend(),
                                 [&](const Variable& one) { return one.name == name; });
    if (it == variables_.rend()) Fail(fmt::format("no variable '{}'", name));
    return it->value;
  }
  // `without_last`: the last command is left out, or with arguments of its own printed.
  Value Pipe(const TemplatePipeline& pipeline, bool without_last = false) {
    line_ = pipeline.line;
    std::optional<Value> piped;
    for (const TemplateCommand& command : pipeline.commands) {
      const bool last = &command == &pipeline.commands.back();
      if (last && without_last && command.operands.size() == 1 && piped) break;
      piped = last && without_last ? Printing(command, std::move(piped)) : Run(command, std::move(piped));
    }
    for (const std::string& name : pipeline.variables) {
      if (pipeline.assigns) {
        Find(name) = *piped;
      } else {
        variables_.push_back({name, *piped});
      }
    }
    return std::move(*piped);
  }
  Value Printing(const TemplateCommand& command, std::optional<Value> piped) {
    std::vector<Value> values;
    for (std::size_t i = 1; i < command.operands.size(); ++i) values.push_back(ValueOf(command.operands[i]));
    if (piped) values.push_back(std::move(*piped));
    return TextOf(Printed(values, parts_.meter));
  }
  Value Run(const TemplateCommand& command, std::optional<Value> piped) {
    const Operand& first = command.operands.front();
    const auto arguments = std::span(command.operands).subspan(1);
    if (first.kind == Operand::Kind::kFunction && first.fields.empty())
      return Function(first.text, arguments, std::move(piped));
    if (first.kind == Operand::Kind::kNil) Fail("nil is no command");
    if (!first.fields.empty()) return Chain(Base(first), first.fields, arguments, std::move(piped));
    if (!arguments.empty() || piped) Fail("arguments for what is no function");
    return ValueOf(first);
  }
  Value Base(const Operand& operand) {
    switch (operand.kind) {
      case Operand::Kind::kField:
        return dot_;
      case Operand::Kind::kVariable:
        return Find(operand.text);
      case Operand::Kind::kFunction:
        return Function(operand.text, {}, std::nullopt);
      default:
        return Pipe(operand.inner.front());
    }
  }
  Value Chain(Value value, const std::vector<std::string>& fields, std::span<const Operand> arguments,
              std::optional<Value> piped) {
    for (const std::string& field : fields) {
      parts_.meter.Charge(1);
      if (IsNothing(value) && &field != fields.data()) Fail(fmt::format("'.{}' of nothing", field));
      if (&field != &fields.back()) value = Member(value, field, {}, std::nullopt);
    }
    return Member(value, fields.back(), arguments, std::move(piped));
  }
  Value Member(const Value& value, const std::string& name, std::span<const Operand> arguments,
               std::optional<Value> piped) {
    if (IsNothing(value)) return {};
    if (const TemplateFunction* method = MethodOf(value, name))
      return Call(*method, value, arguments, std::move(piped));
    if (!arguments.empty() || piped) Fail(fmt::format("'.{}' is no method and takes no arguments", name));
    return FieldOf(value, name);
  }
  Value ValueOf(const Operand& operand) {
    parts_.meter.Charge(1);
    if (!operand.fields.empty()) return Chain(Base(operand), operand.fields, {}, std::nullopt);
    switch (operand.kind) {
      case Operand::Kind::kDot:
        return dot_;
      case Operand::Kind::kNil:
        return {};
      case Operand::Kind::kBool:
        return operand.truth;
      case Operand::Kind::kNumber:
        return NumberValue(operand.number);
      case Operand::Kind::kText:
        return TextOf(MarkedText(operand.text));
      default:
        return Base(operand);
    }
  }

  // Calls.
  Value Function(const std::string& name, std::span<const Operand> arguments, std::optional<Value> piped) {
    if (name == "and" || name == "or") return Decide(name == "or", arguments, std::move(piped));
    return Call(*FunctionNamed(name), std::nullopt, arguments, std::move(piped));
  }
  // The first that decides it, else the last; what comes behind is not looked at.
  Value Decide(bool when, std::span<const Operand> arguments, std::optional<Value> piped) {
    if (arguments.empty() && !piped) Fail("and, or: arguments are missing");
    Value value;
    for (const Operand& argument : arguments) {
      value = ValueOf(argument);
      if (IsTrue(value) == when) return value;
    }
    return piped ? std::move(*piped) : value;
  }
  Value Call(const TemplateFunction& function, std::optional<Value> on, std::span<const Operand> operands,
             std::optional<Value> piped) try {
    std::vector<TemplateArgument> arguments;
    for (const Operand& operand : operands) {
      const bool number = operand.kind == Operand::Kind::kNumber;
      arguments.push_back({.value = ValueOf(operand), .number = number ? &operand.number : nullptr});
    }
    if (piped) arguments.push_back({.value = std::move(*piped)});
    TemplateCall call{.arguments = {},
                      .meter = parts_.meter,
                      .patterns = patterns_,
                      .now = parts_.now,
                      .route_label = parts_.route_label};
    if (on) call.arguments.push_back(std::move(*on));
    AddArguments(function, std::move(arguments), call);
    return function.call(call);
  } catch (TemplateFault& fault) {
    if (!std::exchange(named_, true)) fault.words = fmt::format("{}: {}", function.name, fault.words);
    throw;
  }

  const TemplateRunParts& parts_;
  std::vector<Variable> variables_;
  Value dot_;
  TemplatePatterns patterns_;
  std::size_t line_ = 1;
  std::string file_;
  int depth_ = 0;       // of templates that call one another
  int nesting_ = 0;     // of blocks, theirs as well
  bool named_ = false;  // the function that failed is
};

}  // namespace

const TemplateDefinition* FindTemplate(const ParsedTemplate& parsed, const TemplateSet& set,
                                       const std::string& name) {
  const auto it = parsed.defined.find(name);
  const TemplateDefinition* of_set = set.Find(name);
  if (it == parsed.defined.end()) return of_set;
  return of_set != nullptr && it->second.nodes.empty() ? of_set : &it->second;
}

void RunTemplate(const TemplateRunParts& parts, const Value& data) {
  Runner(parts, data).Run(parts.parsed.nodes);
}

}  // namespace loadline::collector

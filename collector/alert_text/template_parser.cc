#include "collector/alert_text/template_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "collector/alert_text/template_fault.h"
#include "collector/alert_text/template_functions.h"
#include "collector/alert_text/template_lexer.h"
#include "collector/alert_text/template_literals.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using Kind = TemplateToken::Kind;
using Node = TemplateNode;
using Operand = TemplateOperand;

constexpr int kDeepest = 100;  // blocks within blocks, and parentheses within parentheses

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : tokens_(TokensOf(text)), file_(file) {}

  ParsedTemplate All() try {
    TemplateNodes nodes;
    while (Peek().kind != Kind::kEnd) {
      if (AtDefine()) {
        Define();
        continue;
      }
      if (!ReadNode(nodes)) Fail(fmt::format("'{}' without if, range or with", closing_));
    }
    parsed_.nodes = std::move(nodes);
    return std::move(parsed_);
  } catch (TemplateFault& fault) {
    if (fault.line == 0) fault.line = Peek().line;
    throw;
  }

 private:
  struct Scope {
    std::vector<std::string> variables = {"$"};
    int ranges = 0;
  };

  // Tokens.
  const TemplateToken& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const TemplateToken& Before() const { return tokens_[at_ - 1]; }
  const TemplateToken& Next() {
    const TemplateToken& token = Peek();
    if (at_ < tokens_.size()) ++at_;
    return token;
  }
  void SkipSpace() {
    while (Peek().kind == Kind::kSpace) ++at_;
  }
  bool Take(Kind kind) {
    SkipSpace();
    if (Peek().kind != kind) return false;
    ++at_;
    return true;
  }
  bool TakeKeyword(std::string_view word) {
    SkipSpace();
    if (Peek().kind != Kind::kKeyword || Peek().text != word) return false;
    ++at_;
    return true;
  }
  void ExpectClose() {
    if (!Take(Kind::kClose)) Unexpected();
  }
  [[noreturn]] void Fail(std::string words) const {
    throw TemplateFault{.words = std::move(words), .line = Peek().line};
  }
  [[noreturn]] void Unexpected() const {
    if (Peek().kind == Kind::kEnd) Fail("the text ends within an action");
    if (Peek().kind == Kind::kClose) Fail("a value is missing");
    Fail(fmt::format("'{}' is not understood here", Cut(Peek().text, 30)));
  }

  // Definitions.
  bool AtDefine() {
    if (Peek().kind != Kind::kOpen) return false;
    const std::size_t word = Peek(1).kind == Kind::kSpace ? 2 : 1;
    return Peek(word).kind == Kind::kKeyword && Peek(word).text == "define";
  }
  void Define() {
    ++at_;
    TakeKeyword("define");
    const std::string name = Name();
    ExpectClose();
    Add(name, Body("define"));
  }
  std::string Name() {
    SkipSpace();
    if (Peek().kind != Kind::kString) Fail("expected the name of a template, in quotes");
    return Unquoted(Next().text);
  }
  // Up to {{ end }}, with variables of its own.
  TemplateNodes Body(const char* of) {
    const Scope outside = std::exchange(scope_, Scope());
    TemplateNodes nodes = List(of);
    if (closing_ != "end") Fail(fmt::format("'else' within {}", of));
    scope_ = outside;
    return nodes;
  }
  void Add(const std::string& name, TemplateNodes nodes) {
    const auto it = parsed_.defined.find(name);
    const bool blank = IsBlank(nodes);
    if (it == parsed_.defined.end() || IsBlank(it->second.nodes)) {
      parsed_.defined[name] = {.nodes = std::move(nodes), .file = file_};
    } else if (!blank) {
      Fail(fmt::format("'{}' is defined twice", name));
    }
  }

  // Nodes up to an end or else, which stays in closing_.
  TemplateNodes List(const char* of) {
    const std::size_t line = Peek().line;
    if (++depth_ > kDeepest) Fail("too deep");
    TemplateNodes nodes;
    while (true) {
      if (Peek().kind == Kind::kEnd)
        throw TemplateFault{.words = fmt::format("'{}' without end", of), .line = line};
      if (!ReadNode(nodes)) break;
    }
    --depth_;
    return nodes;
  }
  // False: it was an end or an else. Behind an else comes what follows it within the same braces.
  bool ReadNode(TemplateNodes& nodes) {
    const TemplateToken& token = Next();
    if (token.kind == Kind::kText) {
      nodes.push_back({.kind = Node::Kind::kText, .line = token.line, .text = std::string(token.text)});
      return true;
    }
    SkipSpace();
    const std::size_t line = Peek().line;
    if (Peek().kind != Kind::kKeyword || Peek().text == "nil") {
      nodes.push_back({.kind = Node::Kind::kAction, .line = line, .pipeline = Pipeline(Kind::kClose, false)});
      return true;
    }
    const std::string word(Peek().text);
    if (word == "define") Fail("'define' within something else");
    ++at_;
    if (word == "end" || word == "else") {
      closing_ = word;
      SkipSpace();
      const bool goes_on = word == "else" && Peek().kind == Kind::kKeyword;
      if (!goes_on) ExpectClose();
      return false;
    }
    nodes.push_back(Control(word, line));
    return true;
  }
  Node Control(const std::string& word, std::size_t line) {
    if (word == "break" || word == "continue") {
      ExpectClose();
      if (scope_.ranges == 0) Fail(fmt::format("'{}' outside of range", word));
      return {.kind = word == "break" ? Node::Kind::kBreak : Node::Kind::kContinue, .line = line};
    }
    if (word == "template" || word == "block") return Call(word, line);
    return Branch(word, line);
  }
  Node Call(const std::string& word, std::size_t line) {
    Node node{.kind = Node::Kind::kTemplate, .line = line, .text = Name()};
    const bool block = word == "block";
    if (block || !Take(Kind::kClose)) node.pipeline = Pipeline(Kind::kClose, false);
    if (block) Add(node.text, Body("block"));
    return node;
  }
  Node Branch(const std::string& word, std::size_t line) {
    const bool range = word == "range";
    Node node{.kind = word == "if" ? Node::Kind::kIf
                      : range      ? Node::Kind::kRange
                                   : Node::Kind::kWith,
              .line = line};
    const std::size_t variables = scope_.variables.size();
    node.pipeline = Pipeline(Kind::kClose, range);
    scope_.ranges += range ? 1 : 0;
    node.then = List(word.c_str());
    scope_.ranges -= range ? 1 : 0;
    if (closing_ == "else") {
      if (!range && TakeKeyword(word)) {  // one end closes both
        if (++depth_ > kDeepest) Fail("too deep");
        node.otherwise.push_back(Branch(word, Peek().line));
        --depth_;
      } else {
        if (Peek().kind == Kind::kKeyword && Before().kind != Kind::kClose) Unexpected();
        node.otherwise = List("else");
        if (closing_ == "else") Fail("a second else");
      }
    }
    scope_.variables.resize(variables);
    return node;
  }

  // Pipelines.
  TemplatePipeline Pipeline(Kind end, bool range) {
    SkipSpace();
    TemplatePipeline pipeline{.line = Peek().line};
    Declarations(pipeline, range);
    do {
      TemplateCommand command = Command();
      if (!pipeline.commands.empty() && IsPlain(command.operands.front()))
        Fail("only a function can take what is piped");
      pipeline.commands.push_back(std::move(command));
    } while (Take(Kind::kPipe) && !AtClose(end));  // Go lets a pipe lead nowhere
    if (!Take(end)) Unexpected();
    return pipeline;
  }
  bool AtClose(Kind end) {
    SkipSpace();
    return Peek().kind == end;
  }
  static bool IsPlain(const Operand& operand) {
    return operand.kind == Operand::Kind::kDot || operand.kind == Operand::Kind::kNil ||
           operand.kind == Operand::Kind::kBool || operand.kind == Operand::Kind::kNumber ||
           operand.kind == Operand::Kind::kText;
  }
  // $x := and $x =, and of a range $i, $x :=
  void Declarations(TemplatePipeline& pipeline, bool range) {
    const std::size_t start = at_;
    while (Peek().kind == Kind::kVariable && pipeline.variables.size() < 2) {
      pipeline.variables.emplace_back(Next().text);
      SkipSpace();
      if (Peek().kind == Kind::kAssign || Peek().kind == Kind::kDeclare) {
        pipeline.assigns = Next().kind == Kind::kAssign;
        for (const std::string& name : pipeline.variables) {
          if (pipeline.assigns) Known(name);
          scope_.variables.push_back(name);
        }
        SkipSpace();
        return;
      }
      if (!Take(Kind::kComma)) break;
      if (!range) Fail("only range declares two variables");
      SkipSpace();
    }
    if (pipeline.variables.size() == 2) Fail("expected ':=' or '='");
    pipeline.variables.clear();
    at_ = start;
  }
  void Known(const std::string& name) const {
    const auto& names = scope_.variables;
    if (std::ranges::find(names, name) == names.end()) Fail(fmt::format("no variable '{}'", name));
  }
  TemplateCommand Command() {
    TemplateCommand command;
    SkipSpace();
    while (StartsOperand(Peek().kind)) {
      command.operands.push_back(ReadOperand());
      if (Peek().kind == Kind::kSpace) {
        SkipSpace();
        continue;
      }
      break;
    }
    if (command.operands.empty()) Unexpected();
    return command;
  }
  bool StartsOperand(Kind kind) const {
    static const std::set<Kind> kStarts = {Kind::kDot,       Kind::kField,  Kind::kVariable,
                                           Kind::kBool,      Kind::kNumber, Kind::kIdentifier,
                                           Kind::kCharacter, Kind::kString, Kind::kOpenParenthesis};
    return kStarts.contains(kind) || (kind == Kind::kKeyword && Peek().text == "nil");
  }
  Operand ReadOperand() {
    Operand operand = Term(Next());
    while (Peek().kind == Kind::kField) {
      if (IsPlain(operand)) Fail(fmt::format("'{}' has no fields", Before().text));
      operand.fields.emplace_back(Next().text.substr(1));
    }
    return operand;
  }
  Operand Term(const TemplateToken& token) {
    Operand operand;
    operand.line = token.line;
    switch (token.kind) {
      case Kind::kField:
        operand.kind = Operand::Kind::kField;
        operand.fields.emplace_back(token.text.substr(1));
        break;
      case Kind::kVariable:
        operand.kind = Operand::Kind::kVariable;
        operand.text = token.text;
        Known(operand.text);
        break;
      case Kind::kIdentifier:
        operand.kind = Operand::Kind::kFunction;
        operand.text = token.text;
        if (FunctionNamed(operand.text) == nullptr)
          Fail(fmt::format("unknown function '{}'", Cut(operand.text, 40)));
        break;
      case Kind::kBool:
        operand.kind = Operand::Kind::kBool;
        operand.truth = token.text == "true";
        break;
      case Kind::kNumber:
      case Kind::kCharacter:
        operand.kind = Operand::Kind::kNumber;
        operand.number = token.kind == Kind::kNumber ? NumberOf(token.text) : CharacterOf(token.text);
        break;
      case Kind::kString:
        operand.kind = Operand::Kind::kText;
        operand.text = Unquoted(token.text);
        break;
      case Kind::kKeyword:
        operand.kind = Operand::Kind::kNil;
        break;
      case Kind::kOpenParenthesis:
        operand.kind = Operand::Kind::kInner;
        if (++depth_ > kDeepest) Fail("too deep");
        operand.inner.push_back(Pipeline(Kind::kCloseParenthesis, false));
        --depth_;
        break;
      default:
        break;  // the dot
    }
    return operand;
  }

  std::vector<TemplateToken> tokens_;
  std::size_t at_ = 0;
  const std::string& file_;
  ParsedTemplate parsed_;
  Scope scope_;
  int depth_ = 0;
  std::string closing_;
};

}  // namespace

ParsedTemplate ParseTemplate(std::string_view text, const std::string& file) {
  return Parser(text, file).All();
}

bool IsBlank(const TemplateNodes& nodes) {
  return std::ranges::all_of(nodes, [](const Node& node) {
    return node.kind == Node::Kind::kText && node.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  });
}

}  // namespace loadline::collector

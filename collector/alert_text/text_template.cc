#include "collector/alert_text/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "collector/alert_text/alert_words.h"
#include "collector/alert_text/text_template_tree.h"

namespace loadline::collector {
namespace {

using Node = TextTemplate::Node;
using Nodes = TextTemplate::Nodes;
using Call = TextTemplate::Call;
using Operand = TextTemplate::Operand;
using Pipeline = TextTemplate::Pipeline;

constexpr int kDeepest = 16;

const std::set<std::string>& Functions() {
  static const std::set<std::string> kFunctions = {"toUpper", "toLower", "title", "trimSpace", "join", "len",
                                                   "eq",      "ne",      "and",   "or",        "not"};
  return kFunctions;
}

// The first names of paths; what follows may be any label.
const std::set<std::string>& Fields() {
  static const std::set<std::string> kFields = {
      "Receiver",    "Status", "Alerts",      "GroupLabels", "CommonLabels", "CommonAnnotations",
      "ExternalURL", "Labels", "Annotations", "StartsAt",    "EndsAt",       "GeneratorURL",
      "Fingerprint", "Name",   "Value"};
  return kFields;
}

struct Fault {
  std::size_t at;
  std::string words;
};

bool IsNamePart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The inside of one {{ }}.
class Action {
 public:
  Action(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  // "if", "range", "end", "else" when the action begins with it; else empty.
  std::string Keyword() {
    Skip();
    std::size_t end = at_;
    while (end < text_.size() && IsNamePart(text_[end])) ++end;
    const std::string word(text_.substr(at_, end - at_));
    static const std::set<std::string> kKeywords = {"if",     "range", "end",  "else",  "template",
                                                    "define", "block", "with", "break", "continue"};
    if (!kKeywords.contains(word)) return "";
    at_ = end;
    return word;
  }
  bool AtEnd() {
    Skip();
    return at_ == text_.size();
  }
  Pipeline Pipe(int depth = 0) {
    if (depth > kDeepest) Fail("too deep");
    Pipeline pipeline;
    do {
      pipeline.push_back(ReadCall(depth));
      if (pipeline.size() > 1 && pipeline.back().function.empty())
        Fail("only a function can take what is piped");
    } while (Take('|'));
    return pipeline;
  }
  void Finish() {
    if (!AtEnd()) Fail(fmt::format("'{}' is not understood", Cut(text_.substr(at_), 30)));
  }
  [[noreturn]] void Fail(const std::string& words) const { throw Fault{offset_ + at_, words}; }

 private:
  void Skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool Take(char c) {
    Skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string Name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  Call ReadCall(int depth) {
    Call call;
    Skip();
    if (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) {
      const std::size_t start = at_;
      call.function = Name();
      if (!Functions().contains(call.function)) {
        at_ = start;
        Fail(fmt::format("unknown function '{}'", call.function));
      }
    }
    while (!AtEnd() && text_[at_] != '|' && text_[at_] != ')') call.arguments.push_back(ReadOperand(depth));
    if (call.function.empty() && call.arguments.size() != 1) Fail("expected one value");
    return call;
  }
  Operand ReadOperand(int depth) {
    Operand operand;
    const char first = text_[at_];
    if (first == '(') {
      ++at_;
      operand.kind = Operand::Kind::kInner;
      operand.inner = Pipe(depth + 1);
      if (!Take(')')) Fail("a parenthesis is not closed");
    } else if (first == '"' || first == '`') {
      operand.kind = Operand::Kind::kLiteral;
      operand.literal = Quoted(first);
    } else if (std::isdigit(static_cast<unsigned char>(first)) != 0) {
      operand.kind = Operand::Kind::kLiteral;
      operand.literal = std::atoll(Name().c_str());
    } else if (first == '.' || first == '$') {
      ReadPath(operand);
    } else {
      Fail(fmt::format("'{}' is not understood", Cut(text_.substr(at_), 30)));
    }
    return operand;
  }
  void ReadPath(Operand& operand) {
    const std::size_t start = at_;
    if (text_[at_] == '$') {
      operand.from_root = true;
      ++at_;
      if (at_ < text_.size() && IsNamePart(text_[at_])) Fail("variables are not known here");
    }
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      std::string name = Name();
      if (name.empty()) break;  // the dot alone
      operand.path.push_back(std::move(name));
    }
    if (!operand.path.empty() && !Fields().contains(operand.path[0])) {
      at_ = start;
      Fail(fmt::format("there is no '.{}'", operand.path[0]));
    }
  }
  std::string Quoted(char quote) {
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        out += text_[at_] == 'n' ? '\n' : text_[at_] == 't' ? '\t' : text_[at_];
      } else {
        out += text_[at_];
      }
    }
    if (at_ == text_.size()) Fail("a string is not closed");
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t offset_;
  std::size_t at_ = 0;
};

// The whole text: a list of nodes up to "end", "else" or the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Nodes All() {
    Nodes nodes = List(0);
    if (!closing_.empty()) throw Fault{action_at_, fmt::format("'{}' without if or range", closing_)};
    return nodes;
  }

 private:
  // Stops before the actions end and else, which it leaves in closing_ (and in rest_ what follows an else).
  Nodes List(int depth) {
    if (depth > kDeepest) throw Fault{at_, "too deep"};
    Nodes nodes;
    closing_.clear();
    while (at_ < text_.size()) {
      const std::size_t open = text_.find("{{", at_);
      AddText(nodes, text_.substr(at_, open == text_.npos ? open : open - at_), Trims(open));
      if (open == text_.npos) break;
      const std::string_view inside = Inside(open);
      if (inside.starts_with("/*")) continue;
      Action action(inside, action_at_);
      const std::string keyword = action.Keyword();
      if (keyword == "end" || keyword == "else") {
        closing_ = keyword;
        rest_ = action;
        if (keyword == "end") action.Finish();
        return nodes;
      }
      if (keyword.empty()) {
        nodes.push_back({.kind = Node::Kind::kValue, .pipeline = action.Pipe()});
        action.Finish();
      } else if (keyword == "if" || keyword == "range") {
        nodes.push_back(Block(keyword, action, depth));
      } else {
        action.Fail(fmt::format("'{}' is not known here", keyword));
      }
    }
    at_ = text_.size();
    return nodes;
  }
  // What follows {{if ...}} or {{range ...}} up to its {{end}}.
  Node Block(const std::string& keyword, Action action, int depth) {
    Node node{.kind = keyword == "if" ? Node::Kind::kIf : Node::Kind::kRange, .pipeline = action.Pipe()};
    const std::size_t opened = action_at_;
    action.Finish();
    node.then = List(depth + 1);
    if (closing_ == "else") {
      Action rest = rest_;
      if (rest.AtEnd()) {
        node.otherwise = List(depth + 1);
        if (closing_ == "else") throw Fault{action_at_, "a second else"};
      } else if (rest.Keyword() == "if") {
        node.otherwise.push_back(Block("if", rest, depth + 1));
        return node;  // one end closes both
      } else {
        rest.Fail("expected 'if' after else");
      }
    }
    if (closing_ != "end") throw Fault{opened, fmt::format("'{}' without end", keyword)};
    closing_.clear();
    return node;
  }
  bool Trims(std::size_t open) const {
    return open != text_.npos && text_.substr(open + 2).starts_with("- ");
  }
  void AddText(Nodes& nodes, std::string_view text, bool trim_end) {
    constexpr std::string_view kSpace = " \t\r\n";
    if (trim_start_) text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    if (trim_end) text = text.substr(0, text.find_last_not_of(kSpace) + 1);
    trim_start_ = false;
    if (!text.empty()) nodes.push_back({.kind = Node::Kind::kText, .text = std::string(text)});
  }
  // Of the action that opens here, without braces and trimming marks; the reader stands behind it.
  std::string_view Inside(std::size_t open) {
    std::size_t start = open + (Trims(open) ? 4 : 2);
    // Braces in a string do not close the action.
    std::size_t close = start;
    char quote = 0;
    for (; close < text_.size(); ++close) {
      const char c = text_[close];
      if (quote != 0) {
        if (c == '\\' && quote == '"') ++close;
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (text_.substr(close).starts_with("}}")) {
        break;
      }
    }
    if (close >= text_.size()) throw Fault{open, "'{{' without '}}'"};
    at_ = close + 2;
    std::string_view inside = text_.substr(start, close - start);
    trim_start_ = inside.ends_with(" -");
    if (trim_start_) inside.remove_suffix(2);
    const std::size_t first = std::min(inside.find_first_not_of(" \t\r\n"), inside.size());
    action_at_ = start + first;
    return inside.substr(first);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t action_at_ = 0;
  bool trim_start_ = false;
  std::string closing_;
  Action rest_{"", 0};
};

}  // namespace

Result<TextTemplate> TextTemplate::Parse(std::string_view text) try {
  return TextTemplate(std::make_shared<const Nodes>(Reader(text).All()));
} catch (const Fault& fault) {
  const auto line = 1 + std::ranges::count(text.substr(0, fault.at), '\n');
  return Failure(ErrorKind::kInvalid, fmt::format("line {} of the text: {}", line, fault.words));
}

}  // namespace loadline::collector

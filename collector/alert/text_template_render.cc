#include <algorithm>
#include <cctype>
#include <utility>

#include "collector/alert/alert_words.h"
#include "collector/alert/text_template_tree.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using Node = TextTemplate::Node;
using Nodes = TextTemplate::Nodes;
using Call = TextTemplate::Call;
using Operand = TextTemplate::Operand;
using Pipeline = TextTemplate::Pipeline;

std::string Text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool Truth(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return value.is_structured() && !value.empty();
}

json Member(const json& value, const std::string& name) {
  if (value.is_array() && (name == "Firing" || name == "Resolved")) {
    json part = json::array();
    const char* status = name == "Firing" ? "firing" : "resolved";
    for (const json& alert : value) {
      if (alert.is_object() && alert.value("Status", "") == status) part.push_back(alert);
    }
    return part;
  }
  if (!value.is_object()) return nullptr;
  if (const auto it = value.find(name); it != value.end()) return *it;
  if (name != "SortedPairs") return nullptr;
  json pairs = json::array();
  for (const auto& [key, text] : value.items()) pairs.push_back({{"Name", key}, {"Value", text}});
  return pairs;
}

std::string Cased(std::string text, bool upper) {
  std::ranges::transform(text, text.begin(), [upper](unsigned char c) {
    return static_cast<char>(upper ? std::toupper(c) : std::tolower(c));
  });
  return text;
}

std::string Titled(std::string text) {
  bool begins = true;
  for (char& c : text) {
    if (begins) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    begins = std::isspace(static_cast<unsigned char>(c)) != 0;
  }
  return text;
}

std::string Trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string Joined(const json& list, const std::string& separator) {
  if (!list.is_array()) return Text(list);
  std::string out;
  for (const json& item : list) out += (out.empty() ? "" : separator) + Text(item);
  return out;
}

json Apply(const std::string& function, const std::vector<json>& arguments) {
  if (arguments.empty()) return nullptr;
  const json& last = arguments.back();
  if (function == "toUpper" || function == "toLower") return Cased(Text(last), function == "toUpper");
  if (function == "title") return Titled(Text(last));
  if (function == "trimSpace") return Trimmed(Text(last));
  if (function == "join") return Joined(last, arguments.size() > 1 ? Text(arguments[0]) : "");
  if (function == "len") return last.is_string() ? last.get_ref<const std::string&>().size() : last.size();
  if (function == "not") return !Truth(last);
  if (function == "eq") {
    return std::any_of(arguments.begin() + 1, arguments.end(),
                       [&](const json& one) { return one == arguments[0]; });
  }
  if (function == "ne") return arguments.size() > 1 && arguments[0] != arguments[1];
  // and: the first that is false, or: the first that is true; else the last.
  for (const json& argument : arguments) {
    if (Truth(argument) == (function == "or")) return argument;
  }
  return last;
}

class Renderer {
 public:
  explicit Renderer(const json& root) : root_(root) {}

  std::string Run(const Nodes& nodes) {
    Write(nodes, root_);
    return out_.size() > TextTemplate::kMostRendered ? Cut(out_, TextTemplate::kMostRendered)
                                                     : std::move(out_);
  }

 private:
  void Write(const Nodes& nodes, const json& dot) {
    for (const Node& node : nodes) {
      if (out_.size() > TextTemplate::kMostRendered) return;
      switch (node.kind) {
        case Node::Kind::kText:
          out_ += node.text;
          break;
        case Node::Kind::kValue:
          out_ += Text(Value(node.pipeline, dot));
          break;
        case Node::Kind::kIf:
          Write(Truth(Value(node.pipeline, dot)) ? node.then : node.otherwise, dot);
          break;
        case Node::Kind::kRange: {
          const json list = Value(node.pipeline, dot);
          if (!Truth(list)) Write(node.otherwise, dot);
          if (list.is_structured()) {
            for (const json& item : list) Write(node.then, item);
          }
          break;
        }
      }
    }
  }
  json Value(const Pipeline& pipeline, const json& dot) {
    json value;
    for (const Call& call : pipeline) {
      std::vector<json> arguments;
      for (const Operand& operand : call.arguments) arguments.push_back(Value(operand, dot));
      if (&call != pipeline.data()) arguments.push_back(std::move(value));
      value = call.function.empty() ? std::move(arguments.at(0)) : Apply(call.function, arguments);
    }
    return value;
  }
  json Value(const Operand& operand, const json& dot) {
    if (operand.kind == Operand::Kind::kLiteral) return operand.literal;
    if (operand.kind == Operand::Kind::kInner) return Value(operand.inner, dot);
    json value = operand.from_root ? root_ : dot;
    for (const std::string& name : operand.path) value = Member(value, name);
    return value;
  }

  const json& root_;
  std::string out_;
};

}  // namespace

std::string TextTemplate::Render(const json& data) const {
  return Renderer(data).Run(*nodes_);
}

}  // namespace loadline::collector

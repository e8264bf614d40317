#include <algorithm>
#include <cctype>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "collector/alert_text/alert_words.h"
#include "collector/alert_text/text_template_tree.h"
#include "schemas/base/text.h"

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

// A value that is looked at where it is, or one that was made on the way.
struct Seen {
  Seen(const json* where, std::shared_ptr<const json> owner) : at(where), made(std::move(owner)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): what a function gives.
  Seen(json value) : made(std::make_shared<const json>(std::move(value))) { at = made.get(); }
  const json& operator*() const { return *at; }
  const json* at = nullptr;
  std::shared_ptr<const json> made;
};

json PartOf(const json& alerts, const char* status) {
  json part = json::array();
  for (const json& alert : alerts) {
    if (alert.is_object() && alert.value("Status", "") == status) part.push_back(alert);
  }
  return part;
}

Seen Member(const Seen& value, const std::string& name) {
  if (value.at->is_array() && name == "Firing") return PartOf(*value, "firing");
  if (value.at->is_array() && name == "Resolved") return PartOf(*value, "resolved");
  if (!value.at->is_object()) return json(nullptr);
  if (const auto it = value.at->find(name); it != value.at->end()) return {&*it, value.made};
  if (name != "SortedPairs") return json(nullptr);
  json pairs = json::array();
  for (const auto& [key, text] : value.at->items()) pairs.push_back({{"Name", key}, {"Value", text}});
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

std::string Joined(const json& list, const std::string& separator) {
  if (!list.is_array()) return Text(list);
  std::string out;
  for (const json& item : list) out += (out.empty() ? "" : separator) + Text(item);
  return out;
}

Seen Apply(const std::string& function, const std::vector<Seen>& arguments) {
  if (arguments.empty()) return json(nullptr);
  const json& last = *arguments.back();
  if (function == "toUpper" || function == "toLower") return json(Cased(Text(last), function == "toUpper"));
  if (function == "title") return json(Titled(Text(last)));
  if (function == "trimSpace") return json(std::string(Trimmed(Text(last))));
  if (function == "join") return json(Joined(last, arguments.size() > 1 ? Text(*arguments[0]) : ""));
  if (function == "len")
    return json(last.is_string() ? last.get_ref<const std::string&>().size() : last.size());
  if (function == "not") return json(!Truth(last));
  if (function == "eq") {
    return json(std::any_of(arguments.begin() + 1, arguments.end(),
                            [&](const Seen& one) { return *one == *arguments[0]; }));
  }
  if (function == "ne") return json(arguments.size() > 1 && *arguments[0] != *arguments[1]);
  // and: the first that is false, or: the first that is true; else the last.
  for (const Seen& argument : arguments) {
    if (Truth(*argument) == (function == "or")) return argument;
  }
  return arguments.back();
}

// These look at the whole of what they are given.
bool LooksAtAll(const std::string& function) {
  static const std::set<std::string> kLittle = {"", "len", "not", "and", "or"};
  return !kLittle.contains(function);
}

struct TooMuchWork {};

class Renderer {
 public:
  explicit Renderer(const json& root) : root_(&root, nullptr) {}

  std::string Run(const Nodes& nodes) {
    Write(nodes, root_);
    return out_.size() > TextTemplate::kMostRendered ? Cut(out_, TextTemplate::kMostRendered)
                                                     : std::move(out_);
  }

 private:
  void Charge(std::size_t steps) {
    steps_ += steps;
    if (steps_ > TextTemplate::kMostSteps) throw TooMuchWork{};
  }
  void ChargeAll(const json& value) {
    Charge(1 + (value.is_string() ? value.get_ref<const std::string&>().size() / 64 : 0));
    if (!value.is_structured()) return;
    for (const json& item : value) ChargeAll(item);
  }
  void Write(const Nodes& nodes, const Seen& dot) {
    for (const Node& node : nodes) {
      Charge(1);
      if (out_.size() > TextTemplate::kMostRendered) return;
      switch (node.kind) {
        case Node::Kind::kText:
          out_ += node.text;
          break;
        case Node::Kind::kValue: {
          const Seen value = Value(node.pipeline, dot);
          ChargeAll(*value);
          out_ += Text(*value);
          break;
        }
        case Node::Kind::kIf:
          Write(Truth(*Value(node.pipeline, dot)) ? node.then : node.otherwise, dot);
          break;
        case Node::Kind::kRange: {
          const Seen list = Value(node.pipeline, dot);
          if (!Truth(*list)) Write(node.otherwise, dot);
          if (list.at->is_structured()) {
            for (const json& item : *list) {
              Charge(1);
              Write(node.then, {&item, list.made});
            }
          }
          break;
        }
      }
    }
  }
  Seen Value(const Pipeline& pipeline, const Seen& dot) {
    Seen value(json(nullptr));
    for (const Call& call : pipeline) {
      std::vector<Seen> arguments;
      for (const Operand& operand : call.arguments) arguments.push_back(Value(operand, dot));
      if (&call != pipeline.data()) arguments.push_back(std::move(value));
      if (LooksAtAll(call.function)) {
        for (const Seen& argument : arguments) ChargeAll(*argument);
      }
      value = call.function.empty() ? std::move(arguments.at(0)) : Apply(call.function, arguments);
    }
    return value;
  }
  Seen Value(const Operand& operand, const Seen& dot) {
    Charge(1);
    if (operand.kind == Operand::Kind::kLiteral) return {&operand.literal, nullptr};
    if (operand.kind == Operand::Kind::kInner) return Value(operand.inner, dot);
    Seen value = operand.from_root ? root_ : dot;
    for (const std::string& name : operand.path) {
      value = Member(value, name);
      if (value.made) ChargeAll(*value);  // it was copied
    }
    return value;
  }

  Seen root_;
  std::string out_;
  std::size_t steps_ = 0;
};

void AddLiterals(const Nodes& nodes, std::vector<std::string>& literals) {
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::kText) literals.push_back(node.text);
    AddLiterals(node.then, literals);
    AddLiterals(node.otherwise, literals);
  }
}

}  // namespace

std::optional<std::string> TextTemplate::Render(const json& data) const try {
  return Renderer(data).Run(*nodes_);
} catch (const TooMuchWork&) {
  return std::nullopt;
}

std::vector<std::string> TextTemplate::Literals() const {
  std::vector<std::string> literals;
  AddLiterals(*nodes_, literals);
  return literals;
}

}  // namespace loadline::collector

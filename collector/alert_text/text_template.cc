#include "collector/alert_text/text_template.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "collector/alert_text/route_labels.h"
#include "collector/alert_text/template_data.h"
#include "collector/alert_text/template_parser.h"
#include "collector/alert_text/template_run.h"
#include "collector/alert_text/template_time.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

std::string Place(const TemplateFault& fault) {
  return fault.file.empty() ? fmt::format("line {} of the text", fault.line)
                            : fmt::format("{}:{}", fault.file, fault.line);
}

// Words of strangers may be in it.
Error ErrorOf(const TemplateFault& fault) {
  constexpr std::size_t kWords = 200;
  return {ErrorKind::kInvalid, fmt::format("{}: {}", Place(fault), Cut(Printable(fault.words), kWords))};
}

// Each node that the text has or reaches by a call, once. Throws where it calls what is not there.
class Reached {
 public:
  using Visit = std::function<void(const TemplateNode& node)>;
  Reached(const ParsedTemplate& parsed, const TemplateSet& set, Visit visit)
      : parsed_(parsed), set_(set), visit_(std::move(visit)) {}

  void All() {
    Within(parsed_.nodes, "");
    while (!called_.empty()) {
      const TemplateDefinition* next = called_.back();
      called_.pop_back();
      Within(next->nodes, next->file);
    }
  }

 private:
  void Within(const TemplateNodes& nodes, const std::string& file) {
    for (const TemplateNode& node : nodes) {
      visit_(node);
      if (node.kind == TemplateNode::Kind::kTemplate) Called(node, file);
      Within(node.then, file);
      Within(node.otherwise, file);
    }
  }
  void Called(const TemplateNode& node, const std::string& file) {
    const TemplateDefinition* called = FindTemplate(parsed_, set_, node.text);
    if (called == nullptr)
      throw TemplateFault{
          .words = fmt::format("no template '{}'", node.text), .line = node.line, .file = file};
    if (seen_.insert(node.text).second) called_.push_back(called);
  }

  const ParsedTemplate& parsed_;
  const TemplateSet& set_;
  Visit visit_;
  std::set<std::string> seen_;
  std::vector<const TemplateDefinition*> called_;
};

Result<std::string> Filled(const ParsedTemplate& parsed, const TemplateSet& set, const TextData& data,
                           bool html) try {
  TemplateMeter meter(TextTemplate::kMostSteps);
  const auto writer = html ? HtmlWriter(data.escape) : PlainWriter(data.escape);
  const TimeValue now = TimeOf(data.now);
  const RouteLabels labels(data, set, meter, now);
  const RouteLabelOf label = [&labels](const std::string& name) {
    const auto found = labels.all().find(name);
    return found == labels.all().end() ? MarkedText() : found->second;
  };
  RunTemplate({.parsed = parsed,
               .set = set,
               .meter = meter,
               .writer = *writer,
               .now = now,
               .route_label = label,
               .html = html},
              DataOf(data.values, labels.all(), data.escape != nullptr, meter));
  return Cut(writer->text(), TextTemplate::kMostRendered);
} catch (const TemplateFault& fault) {
  return Failure(ErrorOf(fault));
}

json EscapedAll(json value, const std::function<std::string(std::string_view)>& escape) {
  if (value.is_string()) return escape(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  for (auto it = value.begin(); it != value.end(); ++it) {
    const bool time = value.is_object() && (it.key() == "StartsAt" || it.key() == "EndsAt");
    if (!time) *it = EscapedAll(std::move(*it), escape);
  }
  return value;
}

}  // namespace

json TextData::Escaped() const {
  return escape ? EscapedAll(values, escape) : values;
}

Result<TextTemplate> TextTemplate::Parse(std::string_view text, TemplateSetPtr set) try {
  if (text.size() > kLongest) return Failure(ErrorKind::kInvalid, "the text is too long");
  auto parsed = std::make_shared<const ParsedTemplate>(ParseTemplate(text, ""));
  Reached(*parsed, *set, [](const TemplateNode&) {}).All();
  return TextTemplate(std::move(parsed), std::move(set));
} catch (const TemplateFault& fault) {
  return Failure(ErrorOf(fault));
}

Result<std::string> TextTemplate::Render(const TextData& data) const {
  return Filled(*parsed_, *set_, data, false);
}

Result<std::string> TextTemplate::RenderHtml(const TextData& data) const {
  return Filled(*parsed_, *set_, data, true);
}

std::map<std::string, std::string> FilledRouteLabels(const TextData& data, const TemplateSetPtr& set) {
  std::map<std::string, std::string> filled;
  if (data.route_labels.empty()) return filled;
  TemplateMeter meter(TextTemplate::kMostSteps);
  const TimeValue now = TimeOf(data.now);
  const RouteLabels labels(data, *set, meter, now);
  for (const auto& [name, text] : labels.all()) filled.emplace(name, text.bytes());
  return filled;
}

std::vector<std::string> TextTemplate::Literals() const {
  std::vector<std::string> literals;
  Reached(*parsed_, *set_, [&literals](const TemplateNode& node) {
    if (node.kind == TemplateNode::Kind::kText) literals.push_back(node.text);
  }).All();
  return literals;
}

}  // namespace loadline::collector

#include "collector/alert_text/route_labels.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/alert_text/template_data.h"
#include "collector/alert_text/template_parser.h"
#include "collector/alert_text/template_run.h"

namespace loadline::collector {
namespace {

// Keeps whose each word is.
class MarkedWriter final : public TemplateWriter {
 public:
  void Words(std::string_view words) override { text_.Append(words, false); }
  void Put(const MarkedText& text, TextValue::Kind /*kind*/) override { text_.Append(text); }
  [[nodiscard]] std::size_t size() const override { return text_.size(); }
  [[nodiscard]] const std::string& text() override { return text_.bytes(); }
  [[nodiscard]] MarkedText Take() { return std::move(text_); }

 private:
  MarkedText text_;
};

std::map<std::string, MarkedText> AsWritten(const std::map<std::string, std::string>& labels) {
  std::map<std::string, MarkedText> out;
  for (const auto& [name, text] : labels) out.emplace(name, MarkedText(text));
  return out;
}

}  // namespace

RouteLabels::RouteLabels(const TextData& data, const TemplateSet& set, TemplateMeter& meter,
                         const TimeValue& now)
    : data_(data), set_(set), meter_(meter), now_(now) {
  for (const auto& [name, text] : data_.route_labels) {
    try {
      (void)Fill(name, text);
    } catch (const TemplateFault&) {
      begun_.clear();
    }
  }
}

const MarkedText& RouteLabels::Fill(const std::string& name, const std::string& text) {
  if (const auto done = filled_.find(name); done != filled_.end()) return done->second;
  if (!begun_.insert(name).second)
    throw TemplateFault{.words = fmt::format("label '{}' of the route asks for itself", name)};
  const ParsedTemplate parsed = ParseTemplate(text, "");
  MarkedWriter writer;
  const RouteLabelOf others = [this](const std::string& other) {
    const auto found = data_.route_labels.find(other);
    return found == data_.route_labels.end() ? MarkedText() : Fill(other, found->second);
  };
  // They are not about one message: why it is sent is not known to them, and their like is as it is written.
  nlohmann::json values = data_.values;
  values["NotificationReason"] = "unknown";
  RunTemplate(
      {.parsed = parsed, .set = set_, .meter = meter_, .writer = writer, .now = now_, .route_label = others},
      DataOf(values, AsWritten(data_.route_labels), data_.escape != nullptr, meter_));
  begun_.erase(name);
  return filled_.emplace(name, writer.Take()).first->second;
}

}  // namespace loadline::collector

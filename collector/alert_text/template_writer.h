// Where a template's text goes: as it is, or as HTML in which every value stays a value.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "collector/alert_text/template_value.h"

namespace loadline::collector {

class TemplateWriter {
 public:
  virtual ~TemplateWriter() = default;
  // What stands outside of actions.
  virtual void Words(std::string_view words) = 0;
  // What an action gives. Throws TemplateFault where no value may stand.
  virtual void Put(const MarkedText& text, TextValue::Kind kind) = 0;
  // Bytes so far, about.
  [[nodiscard]] virtual std::size_t size() const = 0;
  // All of it.
  [[nodiscard]] virtual const std::string& text() = 0;
};

// `escape` is what strangers' words pass through; none: they are written as they are.
using TextEscape = std::function<std::string(std::string_view)>;
std::unique_ptr<TemplateWriter> PlainWriter(const TextEscape& escape);
// As Go's html/template writes: a value is escaped as text, within an attribute, within an address or a style, as
// the place asks for; addresses of other schemes than http, https and mailto become "#ZgotmplZ"; comments are
// left out. Of what the template marks by safeHtml and safeUrl its own words are written as they are, and
// strangers' are escaped all the same. Scripts take no values.
std::unique_ptr<TemplateWriter> HtmlWriter(const TextEscape& escape);

}  // namespace loadline::collector

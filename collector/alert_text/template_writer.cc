#include "collector/alert_text/template_writer.h"

namespace loadline::collector {
namespace {

class Plain : public TemplateWriter {
 public:
  explicit Plain(const TextEscape& escape) : escape_(escape) {}

  void Words(std::string_view words) override { out_ += words; }
  void Put(const MarkedText& text, TextValue::Kind /*kind*/) override {
    text.EachPiece([this](std::string_view piece, bool foreign) {
      if (foreign && escape_) {
        out_ += escape_(piece);
      } else {
        out_ += piece;
      }
    });
  }
  [[nodiscard]] const std::string& text() const override { return out_; }

 private:
  const TextEscape& escape_;
  std::string out_;
};

}  // namespace

std::unique_ptr<TemplateWriter> PlainWriter(const TextEscape& escape) {
  return std::make_unique<Plain>(escape);
}

}  // namespace loadline::collector

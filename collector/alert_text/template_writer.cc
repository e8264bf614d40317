#include "collector/alert_text/template_writer.h"

namespace loadline::collector {
namespace {

class Plain : public TemplateWriter {
 public:
  explicit Plain(const TextEscape& escape) : escape_(escape) {}

  void Words(std::string_view words) override {
    Finish();
    out_ += words;
  }
  void Put(const MarkedText& text, TextValue::Kind /*kind*/) override {
    text.EachPiece([this](std::string_view piece, bool foreign) {
      if (!foreign || !escape_) return Words(piece);
      foreign_ += piece;
      if (foreign_.size() > kMostHeld) Finish();
    });
  }
  [[nodiscard]] std::size_t size() const override { return out_.size() + foreign_.size(); }
  [[nodiscard]] const std::string& text() override {
    Finish();
    return out_;
  }

 private:
  static constexpr std::size_t kMostHeld = 16 * 1024;

  void Finish() {
    if (foreign_.empty()) return;
    out_ += escape_(foreign_);
    foreign_.clear();
  }

  const TextEscape& escape_;
  std::string out_;
  // Not written yet: what strangers wrote side by side is escaped as one, as two labels may make one sign.
  std::string foreign_;
};

}  // namespace

std::unique_ptr<TemplateWriter> PlainWriter(const TextEscape& escape) {
  return std::make_unique<Plain>(escape);
}

}  // namespace loadline::collector

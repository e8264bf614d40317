#include "collector/alert_text/marked_text.h"

#include <algorithm>

namespace loadline::collector {

MarkedText MarkedText::Of(std::string bytes, bool foreign) {
  MarkedText text(std::move(bytes));
  if (foreign && !text.empty()) text.turns_ = {0};
  return text;
}

void MarkedText::Append(std::string_view bytes, bool foreign) {
  if (bytes.empty()) return;
  if (foreign != EndsForeign()) turns_.push_back(bytes_.size());
  bytes_ += bytes;
}

void MarkedText::Append(const MarkedText& text) {
  text.EachPiece([this](std::string_view piece, bool foreign) { Append(piece, foreign); });
}

MarkedText MarkedText::Part(std::size_t at, std::size_t count) const {
  MarkedText part;
  const std::size_t end = count > size() - std::min(at, size()) ? size() : at + count;
  std::size_t begin = 0;
  EachPiece([&](std::string_view piece, bool foreign) {
    const std::size_t first = std::max(begin, at);
    const std::size_t last = std::min(begin + piece.size(), end);
    if (first < last) part.Append(piece.substr(first - begin, last - first), foreign);
    begin += piece.size();
  });
  return part;
}

void MarkedText::EachPiece(const std::function<void(std::string_view, bool)>& visit) const {
  const std::string_view all = bytes_;
  std::size_t begin = 0;
  bool foreign = false;
  for (const std::size_t turn : turns_) {
    if (turn > begin) visit(all.substr(begin, turn - begin), foreign);
    begin = turn;
    foreign = !foreign;
  }
  if (begin < all.size()) visit(all.substr(begin), foreign);
}

MarkedText MarkedText::Mapped(const std::function<std::string(std::string_view)>& change) const {
  MarkedText mapped;
  EachPiece([&](std::string_view piece, bool foreign) { mapped.Append(change(piece), foreign); });
  return mapped;
}

}  // namespace loadline::collector

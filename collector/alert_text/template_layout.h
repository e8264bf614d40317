// The layouts by which Go writes and reads times, as their pieces: "2006-01-02" is the element 2006, the text
// "-", the element 01 ...
#pragma once

#include <string_view>

namespace loadline::collector {

struct LayoutPiece {
  std::string_view text{};     // before the element
  std::string_view element{};  // "2006", "Jan", ".000"; empty: the layout ends with the text
};

// Takes the first piece from the front of `layout`.
LayoutPiece TakeLayoutPiece(std::string_view& layout);

}  // namespace loadline::collector
